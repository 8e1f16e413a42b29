import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { diagonalOf, eliminateByOps, poison } from '../elimination/reference.js';

/** Sign and logarithm of determinants; `a`: `[count, n, n]`. */
export function slogdetByOps([a]: Tensor[]): Tensor[] {
  const { packed, sign, bad } = eliminateByOps(a, null, 'lu');
  const isBad = tf.reshape(bad, [a.shape[0]]);
  const singular = tf.equal(sign, 0);
  const pivots = tf.where(tf.reshape(singular, [-1, 1, 1]), tf.ones([1, 1, 1]), tf.abs(diagonalOf(packed)));
  const log = tf.where(singular, tf.fill([1], -Infinity), tf.sum(tf.log(pivots), [1, 2]));
  return [poison(isBad, sign), poison(isBad, log)];
}
