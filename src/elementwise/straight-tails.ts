import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { clamp } from '../kernels/clamp/op.js';
import type { CurvePoint } from '../numerics/invert-monotone.js';

/**
 * A curve known on `[-bound, bound]`, continued by straight lines of the slope at either end.
 *
 * @param x `[n]`
 * @param curve only ever sees points of the interval, ends included
 */
export function straightTails(x: Tensor, bound: number, curve: (inside: Tensor) => CurvePoint): CurvePoint {
  const inside = clamp(x, -bound, bound);
  const { value, logSlope } = curve(inside);
  return { value: tf.add(value, tf.mul(tf.sub(x, inside), tf.exp(logSlope))), logSlope };
}
