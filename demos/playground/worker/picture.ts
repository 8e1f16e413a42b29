import type { RandomStream } from 'tfjs-flows';
import type { Bounds } from '../protocol.js';

/** A picture as a density: constant within each cell. */
export interface Picture {
  readonly size: number;
  /** Non-negative, row by row from the top. */
  readonly weights: Float32Array;
}

/** Draws points from a picture: a cell by its weight, and a uniform place in it. */
export function drawFromPicture(
  { size, weights }: Picture,
  { x0, x1, y0, y1 }: Bounds,
  count: number,
  stream: RandomStream,
): Float32Array {
  const sums = new Float64Array(weights.length);
  weights.forEach((weight, i) => (sums[i] = weight + (i > 0 ? sums[i - 1] : 0)));
  const total = sums[sums.length - 1];
  const points = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const cell = firstAbove(sums, stream.next() * total);
    points[2 * i] = x0 + (((cell % size) + stream.next()) / size) * (x1 - x0);
    points[2 * i + 1] = y1 - ((Math.floor(cell / size) + stream.next()) / size) * (y1 - y0);
  }
  return points;
}

/** Index of the first sum above a value, by bisection. */
function firstAbove(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
