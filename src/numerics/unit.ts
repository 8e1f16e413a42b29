import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Below it the square of a length says nothing in float32. */
const TINY = 1e-30;

/**
 * `x / |x|` along the last axis, differentiable to any order. A vector too short to have a direction, below 1e-15, comes out
 * shorter than 1 rather than as NaN.
 */
export function unit(x: Tensor): Tensor {
  // Not by `rsqrt`, whose gradient is a power, which programs do not take.
  return tf.div(x, tf.sqrt(tf.maximum(tf.sum(tf.square(x), -1, true), TINY)));
}

/** `a · b` along the last axis, which is kept with length 1. */
export function dot(a: Tensor, b: Tensor): Tensor {
  return tf.sum(tf.mul(a, b), -1, true);
}
