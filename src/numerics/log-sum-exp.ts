import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { stopGradient, withoutGradient } from '../kernels/stop-gradient/op.js';

/**
 * `log Σ exp(x)` over the last axis, `[..., n]` → `[...]`.
 *
 * Terms of `-Infinity` count as zeros. Where all terms are, the value is `-Infinity` and the gradient zero, while the
 * stock operation subtracts infinities there and gives NaN.
 */
export function logSumExp(x: Tensor): Tensor {
  const axis = x.rank - 1;
  const top = stopGradient(tf.max(x, axis));
  const empty = withoutGradient([top], (value) => tf.equal(value, -Infinity));
  const shift = tf.where(empty, tf.zerosLike(top), top);
  const sum = tf.sum(tf.exp(tf.sub(x, tf.expandDims(shift, axis))), axis);
  const positive = tf.where(empty, tf.onesLike(top), sum);
  return tf.where(empty, top, tf.add(tf.log(positive), shift));
}
