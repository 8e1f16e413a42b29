import { sizeOf } from '../../../src/shapes.js';
import { ensure, listed } from '../check.js';
import { extremes } from '../draws.js';
import { gradients } from './gradients.js';
import { DIRECTIONS, opposite, type Direction, type Subject } from './subject.js';

export async function staysFinite(subject: Subject): Promise<void> {
  for (const scale of [0, 1]) {
    if (scale > 0) subject.perturb(scale);
    // Extreme points hardly ever satisfy a constraint.
    for (const direction of subject.isConstrained ? (['forward'] as const) : DIRECTIONS) {
      const points = extremes(subject.domain(direction), subject.bijector);
      // All at once to save time; one by one, where the infinite may meet its opposite in a sum, or to say which it is.
      if (await faultAt(subject, direction, points)) {
        for (const point of points) {
          const fault = await faultAt(subject, direction, [point]);
          ensure(fault === null, `${direction} at ${point}, scale ${scale}: ${fault}`);
        }
      }
    }
  }
}

/** What is not a number with rows all at one of the points, or with one coordinate there; null when all is well. */
async function faultAt(subject: Subject, direction: Direction, points: readonly number[]): Promise<string | null> {
  const size = sizeOf(subject.shapeBefore(direction));
  const target = subject.domain(opposite(direction));
  // On a half-line a value may exceed what float32 holds.
  const mayOverflow = Number.isFinite(target[0]) !== Number.isFinite(target[1]);
  const good = (entry: number) => Number.isFinite(entry) || (mayOverflow && Math.abs(entry) === Infinity);
  const placed = points.flatMap((point) => [
    ...Array<number>(size).fill(point),
    ...subject.draw(direction, 1).with(0, point),
  ]);
  const rows = [...subject.place(direction, Float32Array.from(placed))];
  try {
    const { value, logDet } = await subject.apply(direction, rows);
    if (!value.every(good)) return `value ${listed(value)}`;
    if (!logDet.every(Number.isFinite)) return `log-det ${listed(logDet)}`;
    const weights = new Float32Array(value.length).fill(1);
    const { byInput, byPath } = await gradients(subject, direction, rows, weights);
    if (byInput.some(Number.isNaN)) return `gradient ${listed(byInput)}`;
    for (const [path, gradient] of byPath) {
      if (gradient.some(Number.isNaN)) return `gradient of ${path} ${listed(gradient)}`;
    }
  } catch (error) {
    return String(error);
  }
  return null;
}
