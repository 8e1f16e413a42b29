import { sizeOf } from '../../../src/shapes.js';
import { ensure, listed } from '../check.js';
import { extremes } from '../draws.js';
import { gradients } from './gradients.js';
import { DIRECTIONS, opposite, type Subject } from './subject.js';

export async function staysFinite(subject: Subject): Promise<void> {
  for (const scale of [0, 1]) {
    if (scale > 0) subject.perturb(scale);
    // Extreme points hardly ever satisfy a constraint.
    for (const direction of subject.isConstrained ? (['forward'] as const) : DIRECTIONS) {
      const size = sizeOf(subject.shapeBefore(direction));
      const target = subject.domain(opposite(direction));
      // On a half-line a value may exceed what float32 holds.
      const mayOverflow = Number.isFinite(target[0]) !== Number.isFinite(target[1]);
      for (const point of extremes(subject.domain(direction), subject.bijector)) {
        const rows = [Array<number>(size).fill(point), subject.draw(direction, 1).with(0, point)].flatMap((row) => [
          ...row,
        ]);
        const what = `${direction} at ${point}, scale ${scale}`;
        const { value, logDet } = await subject.apply(direction, rows);
        const good = (entry: number) => Number.isFinite(entry) || (mayOverflow && Math.abs(entry) === Infinity);
        ensure(value.every(good), () => `${what}: value ${listed(value)}`);
        ensure(logDet.every(Number.isFinite), () => `${what}: log-det ${listed(logDet)}`);
        const weights = new Float32Array(value.length).fill(1);
        const { byInput, byPath } = await gradients(subject, direction, rows, weights);
        ensure(!byInput.some(Number.isNaN), () => `${what}: gradient ${listed(byInput)}`);
        for (const [path, gradient] of byPath) {
          ensure(!gradient.some(Number.isNaN), () => `${what}: gradient of ${path} ${listed(gradient)}`);
        }
      }
    }
  }
}
