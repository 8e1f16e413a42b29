import { COLOURS, type Chart } from './page.js';
import type { WeightedDraws } from './weigh.js';

/** Corners of the tetrahedron, where a field along them has the lowest energy. */
const CORNERS = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]] as const; // prettier-ignore

/** The field as a body of this rotation sees it: the third row of the matrix of a unit quaternion `(w, x, y, z)`. */
export function fieldInBody([w, x, y, z]: Float32Array): [number, number, number] {
  return [2 * (x * z - w * y), 2 * (y * z + w * x), w * w + z * z - x * x - y * y];
}

/** The largest cosine between that field and a corner. */
export function alongCorner(q: Float32Array): number {
  const field = fieldInBody(q);
  return Math.max(...CORNERS.map((corner) => corner.reduce((sum, c, i) => sum + c * field[i], 0) / Math.sqrt(3)));
}

/** How far the body is turned about the field, in degrees: the energy does not notice. */
export function aboutField([w, x, y, z]: Float32Array): number {
  return degrees(Math.atan2(2 * (y * z - w * x), 2 * (x * z + w * y)));
}

/** Longitude of the field as the body sees it, in degrees. */
export function fieldLongitude(q: Float32Array): number {
  const [x, y] = fieldInBody(q);
  return degrees(Math.atan2(y, x));
}

/** The sphere of field directions, unrolled so that equal areas are equal: a cloud about each corner. */
export function orientationChart({ positions }: WeightedDraws): Chart {
  const shown = Array.from({ length: Math.min(5000, positions.length / 4) }, (_, i) => positions.subarray(4 * i, 4 * i + 4)); // prettier-ignore
  const corners = CORNERS.map((corner) => corner.map((c) => c / Math.sqrt(3)));
  return {
    title: 'The field as the tetrahedron sees it',
    traces: [
      { name: 'draws of the flow', x: shown.map(fieldLongitude), y: shown.map((q) => fieldInBody(q)[2]), mode: 'markers', marker: { size: 3, color: COLOURS.flow, opacity: 0.5 } },
      { name: 'corners', x: corners.map(([x, y]) => degrees(Math.atan2(y, x))), y: corners.map((v) => v[2]), mode: 'markers', marker: { size: 12, symbol: 'triangle-up-open', color: COLOURS.reference, line: { width: 2 } } },
    ],
    layout: {
      xaxis: { title: { text: 'longitude, degrees' }, range: [-180, 180], dtick: 90 },
      yaxis: { title: { text: 'sine of the latitude' }, range: [-1, 1] },
    },
  }; // prettier-ignore
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI;
}
