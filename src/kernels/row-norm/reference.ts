import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { stopGradient, withoutGradient } from '../stop-gradient/op.js';
import type { RowNormAttributes } from './spec.js';

/** On rows divided by their largest entry, or 1 if that is smaller: the result does not depend on it. */
export function rowNormReference([x, gain, bias]: Tensor[], { center, epsilon }: RowNormAttributes): Tensor[] {
  const size = withoutGradient([x], (rows) => tf.maximum(tf.max(tf.abs(rows), 1, true), 1));
  const scaled = tf.div(x, size);
  const centred = center ? tf.sub(scaled, tf.mean(scaled, 1, true)) : scaled;
  const least = stopGradient(tf.div(tf.div(epsilon, size), size));
  const deviation = tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), least));
  return [tf.add(tf.mul(tf.div(centred, deviation), gain), bias)];
}
