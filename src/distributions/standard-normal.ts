import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sumOverEvent } from './sum-over-event.js';

/** `log N(u; 0, I) = -½ (|u|² + D log 2π)`, `[batch, ...event]` with `D` coordinates → `[batch]`. */
export function standardNormalLogProb(u: Tensor): Tensor {
  const dims = u.size / u.shape[0];
  return tf.mul(tf.add(sumOverEvent(tf.square(u)), dims * Math.log(2 * Math.PI)), -0.5);
}
