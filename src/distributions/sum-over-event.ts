import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Sums over all coordinates of each event, `[batch, ...event]` → `[batch]`, of a batch that is not empty. */
export function sumOverEvent(values: Tensor): Tensor {
  return tf.sum(tf.reshape(values, [values.shape[0], -1]), 1);
}
