import * as tf from '@tensorflow/tfjs-core';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Interval } from '../../src/bijectors/bijector.js';
import type { Configurable } from '../../src/module.js';
import { serialize } from '../../src/io/config.js';
import type { RandomStream } from '../../src/random.js';

/** Numbers inside an interval: normal, log-normal from an end, or uniform away from both ends. */
export function drawInside([low, high]: Interval, count: number, stream: RandomStream): Float32Array {
  const [below, above] = [Number.isFinite(low), Number.isFinite(high)];
  if (below && above) return stream.uniform(count, low + 0.04 * (high - low), high - 0.04 * (high - low));
  const normal = stream.normal(count);
  if (below) return normal.map((value) => low + Math.exp(0.6 * value));
  if (above) return normal.map((value) => high - Math.exp(0.6 * value));
  return normal;
}

/** Adds normal noise to every variable. */
export function perturb(variables: readonly Variable[], scale: number, stream: RandomStream): void {
  tf.tidy(() => {
    for (const variable of variables) {
      const noise = stream.normal(variable.size).map((value) => scale * value);
      variable.assign(tf.add(variable, tf.tensor(noise, variable.shape, 'float32')));
    }
  });
}

/** Values at which maps tend to break, as far as the closed interval holds them. */
export function extremes([low, high]: Interval, subject: Configurable): number[] {
  const bounds = boundsIn(serialize(subject));
  const points = [0, 1, -1, 100, -100, 1e4, -1e4, ...bounds, ...bounds.map((bound) => -bound), low, high];
  return [...new Set(points)].filter((value) => Number.isFinite(value) && value >= low && value <= high);
}

/** Every number that a configuration calls a bound. */
function boundsIn(value: unknown): number[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) =>
    typeof entry === 'number' && /^(tailBound|low|high|bound)$/.test(key) ? [entry] : boundsIn(entry),
  );
}

/** Length over which a function on an interval can vary near `value`. */
export function unitAt(value: number, [low, high]: Interval): number {
  return Math.min(Math.max(1, Math.abs(value)), (value - low) / 2, (high - value) / 2);
}

/** Numbers that differ from the given ones by rounding errors, and stay in the domain. */
export function nudge(values: Float32Array, [low, high]: Interval, stream: RandomStream): Float32Array {
  const noise = stream.normal(values.length);
  return values.map((value, i) =>
    Math.min(high, Math.max(low, value + 3e-7 * Math.max(Math.abs(value), 1e-3) * noise[i])),
  );
}

/** Largest difference of two lists, entry by entry. */
export function largestGap(a: Float32Array, b: ArrayLike<number>): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
}
