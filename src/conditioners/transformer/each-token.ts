import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Applies a layer on rows, `[rows, inputs]` → `[rows, outputs]`, along the last axis of `x`. */
export function eachToken(x: Tensor, layer: (rows: Tensor) => Tensor): Tensor {
  const y = layer(tf.reshape(x, [-1, x.shape.at(-1)!]));
  return tf.reshape(y, [...x.shape.slice(0, -1), ...y.shape.slice(1)]);
}
