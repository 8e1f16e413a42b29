import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../stop-gradient/op.js';

/**
 * `min(max(x, low), high)`, differentiable to any order; the gradient is 1 inside, ends included, and 0 outside.
 * The stock `clipByValue` can be differentiated once only, since its gradient compares traced tensors.
 */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  const inside = withoutGradient([x], (v) => tf.logicalAnd(tf.greaterEqual(v, low), tf.lessEqual(v, high)));
  const clipped = withoutGradient([x], (v) => tf.clipByValue(v, low, high));
  return tf.where(inside, x, clipped);
}
