import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { diagonalOf, eliminateByOps, notFinite, poison } from '../elimination/reference.js';

/** `A⁻¹ B` or `A⁻ᵀ B`; `a`: `[count, n, n]`, `b`: `[count, n, k]`. */
export function solveByOps(a: Tensor, b: Tensor, adjoint: boolean): Tensor {
  const { packed, right, sign, bad } = eliminateByOps(adjoint ? tf.transpose(a, [0, 2, 1]) : a, b, 'jordan');
  const singular = tf.reshape(tf.equal(sign, 0), [a.shape[0], 1, 1]);
  const unusable = tf.logicalOr(tf.logicalOr(singular, bad), notFinite(b, [1]));
  const pivots = tf.where(unusable, tf.onesLike(right), diagonalOf(packed));
  return poison(unusable, tf.div(right, pivots));
}
