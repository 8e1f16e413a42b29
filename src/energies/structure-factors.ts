import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Box } from '../conditioners/bodies/body-view.js';
import { reciprocalWeight } from './ewald.js';

/**
 * Harmonics along one axis: `cos 2πnf` of `n = 0 ... limit`, then `sin 2πnf` of `n = 1 ... limit`, as cosines of `2πnf + phase`.
 */
export interface Harmonics {
  /** `2πn`, `[2 limit + 1, 1]`. */
  readonly frequencies: Tensor;
  /** `0` or `-π/2`, `[2 limit + 1, 1]`. */
  readonly phases: Tensor;
}

/** @param limit largest number of periods in the box */
export function harmonics(limit: number): Harmonics {
  const orders = ordersOf(limit);
  return {
    frequencies: tf.tensor2d(orders.map((n) => 2 * Math.PI * n), [orders.length, 1]), // prettier-ignore
    phases: tf.tensor2d(orders.map((_, row) => (row > limit ? -Math.PI / 2 : 0)), [orders.length, 1]), // prettier-ignore
  };
}

/** Weights of the squares of all products of three harmonics, `[x and y, z]`, in kJ/mol/e². */
export function reciprocalWeights(limits: readonly number[], box: Box, alpha: number): Tensor {
  const [xs, ys, zs] = limits.map(ordersOf);
  const rows = xs.flatMap((x) => ys.map((y) => zs.map((z) => reciprocalWeight([x, y, z], box, alpha))));
  return tf.tensor2d(rows);
}

/**
 * `Σ_k 2π/V e^(-k²/4α²)/k² |S(k)|²`, the part of Ewald's sum in reciprocal space, with `S(k) = Σ q e^(ik·r)`.
 *
 * In a box with right angles the weights are the same for all signs of the components of `k`. Over those `|S|²` sums to the squares
 * of the eight `P = Σ q t_x t_y t_z`, each `t` the cosine or sine along an axis: one matrix product for all of them.
 *
 * @param positions along each axis in units of the box, `[sites, batch, bodies]`
 * @param charges of the sites of all bodies, `[sites · bodies]`
 * @param weights from {@link reciprocalWeights}
 * @returns `[batch]`
 */
export function reciprocalEnergy(
  positions: readonly Tensor[],
  charges: Tensor,
  axes: readonly Harmonics[],
  weights: Tensor,
): Tensor {
  const [sites, batch, bodies] = positions[0].shape as [number, number, number];
  const points = sites * batch * bodies;
  const [x, y, z] = positions.map((position, axis) => {
    const { frequencies, phases } = axes[axis];
    return tf.cos(tf.add(tf.mul(frequencies, tf.reshape(position, [1, points])), phases));
  });
  const [columns, rows] = [x.shape[0], y.shape[0]];
  const plane = tf.mul(tf.reshape(x, [columns, 1, points]), tf.reshape(y, [1, rows, points]));
  // [harmonics, sites, batch, bodies] → [batch, harmonics, sites · bodies]
  const byBatch = (values: Tensor, count: number) =>
    tf.reshape(tf.transpose(tf.reshape(values, [count * sites, batch, bodies]), [1, 0, 2]), [
      batch,
      count,
      sites * bodies,
    ]);
  const products = tf.matMul(byBatch(plane, columns * rows), tf.mul(byBatch(z, z.shape[0]), charges), false, true);
  return tf.sum(tf.mul(tf.square(products), weights), [1, 2]);
}

function ordersOf(limit: number): number[] {
  return [...Array.from({ length: limit + 1 }, (_, n) => n), ...Array.from({ length: limit }, (_, n) => n + 1)];
}
