import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { diagonalOf, eliminateByOps, notFinite, poison } from '../elimination/reference.js';
import type { SolveAttributes } from './spec.js';

/** `A⁻¹ B` or `A⁻ᵀ B`; `a`: `[count, n, n]`, `b`: `[count, n, k]`. */
export function solveByOps([a, b]: Tensor[], { adjoint }: SolveAttributes): Tensor[] {
  const { packed, right, sign, bad } = eliminateByOps(adjoint ? tf.transpose(a, [0, 2, 1]) : a, b, 'jordan');
  const singular = tf.reshape(tf.equal(sign, 0), [-1, 1, 1]);
  const unusable = tf.logicalOr(tf.logicalOr(singular, bad), notFinite(b, [1]));
  const pivots = tf.where(unusable, tf.onesLike(right), diagonalOf(packed));
  return [poison(unusable, tf.div(right, pivots))];
}

/** `A⁻¹`; `a`: `[count, n, n]`. */
export function inverseByOps([a]: Tensor[]): Tensor[] {
  const [count, n] = a.shape;
  return solveByOps([a, tf.tile(tf.expandDims(tf.eye(n), 0), [count, 1, 1])], { adjoint: false });
}
