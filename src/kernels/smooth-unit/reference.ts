import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SmoothUnitAttributes } from './spec.js';

/** From operations that TF.js differentiates to any order. */
export function smoothUnitReference([x]: Tensor[], { kind }: SmoothUnitAttributes): Tensor[] {
  if (kind === 'silu') return [tf.mul(x, tf.sigmoid(x))];
  return [tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))];
}
