import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Largest |log scale|: scales lie between 4.5e-5 and 22026, far enough from where float32 overflows. */
const BOUND = 10;

/** `log σ = 10 tanh(s / 10)` of what a network emits: `s` but for extreme numbers. */
export function boundedLogScale(raw: Tensor): Tensor {
  return tf.mul(tf.tanh(tf.mul(raw, 1 / BOUND)), BOUND);
}
