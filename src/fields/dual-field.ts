import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { VectorField } from './vector-field.js';

/**
 * A field that is a network on dual numbers: the network carries, beside each value, its derivatives along some
 * directions, and so gives `f` and `J v_k` in one forward pass (forward-mode differentiation). No graph is kept and
 * walked back for the products, and a training step differentiates them once instead of twice.
 */
export abstract class DualField extends VectorField {
  /**
   * The network on dual numbers.
   *
   * @param x `[rows, 1 + K, dims]`, `K ≥ 0`: the points, then one derivative a direction
   * @param t `[1, 1]` or `[rows, 1]`
   * @returns `[rows, 1 + K, dims]`, laid out as `x`
   */
  protected abstract network(x: Tensor, t: Tensor, context: Tensor | null): Tensor;

  protected override velocity(t: Tensor, z: Tensor, context: Tensor | null): Tensor {
    const value = this.network(tf.reshape(z, [z.shape[0], 1, this.dims]), t, context);
    return tf.reshape(value, z.shape);
  }

  /** `f`, and `J v_k`. */
  protected override products(t: Tensor, z: Tensor, directions: Tensor, context: Tensor | null): [Tensor, Tensor] {
    const [rows, dims] = z.shape as [number, number];
    const [given, count] = directions.shape;
    const repeated = given === rows ? directions : tf.tile(directions, [rows, 1, 1]);
    const x = tf.concat([tf.reshape(z, [rows, 1, dims]), repeated], 1);
    const [value, products] = tf.split(this.network(x, t, context), [1, count], 1);
    return [tf.reshape(value, [rows, dims]), products];
  }
}
