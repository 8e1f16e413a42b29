import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { clamp } from '../kernels/clamp/op.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';

/** Below, the series is good to 1e-9. */
const NEAR = 0.5;
const LARGEST = 3e38;

/** `log ((exp v - 1) / v)` for `v ≥ 0`, which is `v / 2` near zero; differentiable to any order. */
export function logGrowth(v: Tensor): Tensor {
  const small = clamp(v, 0, NEAR);
  // log (sinh h / h) = h²/6 - h⁴/180 + h⁶/2835, with h = v / 2.
  const square = tf.square(small);
  const series = tf.mul(square, tf.add(1 / 24, tf.mul(square, tf.add(-1 / 2880, tf.mul(square, 1 / 181440)))));
  const near = tf.add(tf.mul(small, 0.5), series);
  const large = clamp(v, NEAR, LARGEST);
  const far = tf.sub(tf.add(large, tf.log(tf.sub(1, tf.exp(tf.neg(large))))), tf.log(large));
  const isNear = withoutGradient([v], (x) => tf.less(x, NEAR));
  return tf.where(isNear, near, far);
}
