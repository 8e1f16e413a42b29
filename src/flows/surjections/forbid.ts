import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * `+Infinity` for rows in which something is true, else 0, of `[rows, n]`. Added to the `log q` of a generative surjection, it
 * makes the density zero where its map has no image.
 */
export function forbid(bad: Tensor): Tensor {
  const any = tf.greater(tf.sum(tf.cast(bad, 'float32'), 1), 0);
  return tf.where(any, tf.fill(any.shape, Infinity), tf.zeros(any.shape));
}
