import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { MOST } from './spec.js';

/** By all differences, `[rows, count, width]`. */
export function squaredDistancesReference([x, points, weights]: Tensor[]): Tensor[] {
  const differences = tf.sub(tf.expandDims(x, 1), tf.expandDims(points, 0));
  return [tf.minimum(tf.sum(tf.mul(tf.square(differences), weights), 2), MOST)];
}
