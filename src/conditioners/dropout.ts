import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { trainingStream } from '../training-mode.js';

/**
 * Sets each entry of `x` to zero with probability `rate` and divides the others by `1 - rate`, which keeps the mean
 * (Srivastava et al., "Dropout", 2014, in its inverted form). Outside of a training step `x` is returned as it is.
 */
export function dropout(x: Tensor, rate: number): Tensor {
  const stream = trainingStream();
  if (rate === 0 || stream === null) return x;
  const kept = 1 / (1 - rate);
  const mask = stream.uniform(x.size).map((u) => (u < rate ? 0 : kept));
  return tf.mul(x, tf.tensor(mask, x.shape, 'float32'));
}
