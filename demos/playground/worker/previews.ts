import { RandomStream, toys } from 'tfjs-flows';
import { ENERGIES } from '../catalogue/targets.js';
import { GRID } from '../protocol.js';
import { prepareTarget } from './target.js';

const POINTS = 350;
/** Half the width of the square that the points are in. */
const REACH = 4;

/** A few draws of each target, for its button. */
export function previews(): Record<string, Float32Array> {
  return {
    ...Object.fromEntries(Object.entries(toys).map(([id, toy]) => [id, toy(POINTS, { seed: 'preview' })])),
    ...Object.fromEntries(ENERGIES.map(({ id }) => [id, drawsOf(prepareTarget({ kind: 'energy', id }, 'preview').truth!)])), // prettier-ignore
  };
}

/** Draws by rejection from a density on the grid. */
function drawsOf(logDensity: Float32Array): Float32Array {
  const stream = new RandomStream('preview');
  const highest = logDensity.reduce((a, b) => Math.max(a, b), -Infinity);
  const points: number[] = [];
  while (points.length < 2 * POINTS) {
    const [column, row] = [stream.next(), stream.next()];
    const cell = Math.floor(GRID * row) * GRID + Math.floor(GRID * column);
    if (Math.log(stream.next()) < logDensity[cell] - highest) points.push(REACH * (2 * column - 1), REACH * (2 * row - 1));
  }
  return Float32Array.from(points);
} // prettier-ignore
