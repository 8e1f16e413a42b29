import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { sizeOf, type Shape } from '../shapes.js';

/**
 * Periods of coordinates that are angles or positions in a box: one for all, or one a coordinate in row-major order, null
 * for those that are not periodic. They are wrapped into `[-L/2, L/2)`.
 */
export type Periods = number | readonly (number | null)[];

/** Wraps periodic coordinates. */
export type Wrap = (x: Tensor) => Tensor;

/**
 * How to wrap events of a shape; the identity without periods.
 *
 * @throws FlowConfigError unless there is one positive period a coordinate, or null.
 */
export function wrapFor(where: string, periods: Periods | null, eventShape: Shape): Wrap {
  if (periods === null) return (x) => tf.clone(x);
  const size = sizeOf(eventShape);
  const list = typeof periods === 'number' ? Array<number>(size).fill(periods) : periods;
  const bad = list.findIndex((period) => period !== null && !(period > 0 && period < Infinity));
  if (list.length !== size || bad >= 0) {
    throw new FlowConfigError(`${where}.periods`, {
      expected: `${size} positive numbers, or null for coordinates that are not periodic`,
      got: bad >= 0 ? `${list[bad]} at index ${bad}` : String(list.length),
    });
  }
  const [lengths, divisors] = [list.map((period) => period ?? 0), list.map((period) => period ?? 1)];
  return (x) =>
    tf.tidy(() => {
      const shape = [1, ...eventShape];
      const turns = tf.floor(tf.add(tf.div(x, tf.tensor(divisors, shape)), 0.5));
      return tf.sub(x, tf.mul(turns, tf.tensor(lengths, shape)));
    });
}
