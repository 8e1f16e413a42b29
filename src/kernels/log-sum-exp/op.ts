import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../stop-gradient/op.js';

/**
 * `log Σ exp x` over the last axis, which stays with length 1. Differentiable to any order, where the stock operation
 * throws at the second.
 */
export function logSumExp(x: Tensor): Tensor {
  // Bounded below, so that a row of -∞ (no support anywhere) gives -∞ and not NaN.
  const largest = withoutGradient([x], (v) => tf.maximum(tf.max(v, -1, true), -3e38));
  return tf.add(tf.log(tf.sum(tf.exp(tf.sub(x, largest)), -1, true)), largest);
}

/**
 * `log softmax x` over the last axis. Differentiable to any order, where the stock operation silently drops part of the
 * second derivative.
 */
export function logSoftmax(x: Tensor): Tensor {
  return tf.sub(x, logSumExp(x));
}
