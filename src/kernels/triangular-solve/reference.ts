import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { diagonalOf, notFinite, poison } from '../elimination/reference.js';
import type { TriangularSolveAttributes } from './spec.js';
import { inTriangle } from './triangle.js';

/** Substitution, one row a step; `t`: `[count, n, n]`, `b`: `[count, n, k]`. */
export function triangularSolveByOps(
  t: Tensor,
  b: Tensor,
  { lower, adjoint, unitDiagonal }: TriangularSolveAttributes,
): Tensor {
  const [count, n, k] = b.shape;
  const stored = inTriangle(t, lower, unitDiagonal);
  const triangle = adjoint ? tf.transpose(stored, [0, 2, 1]) : stored;
  const diagonal = unitDiagonal ? tf.ones([count, n, 1]) : diagonalOf(triangle);
  const zeroPivot = tf.any(tf.equal(diagonal, 0), [1, 2], true);
  const unusable = tf.logicalOr(tf.logicalOr(zeroPivot, notFinite(triangle, [1, 2])), notFinite(b, [1]));
  const forward = lower !== adjoint;
  const divisor = tf.where(zeroPivot, tf.onesLike(diagonal), diagonal);
  const solved: Tensor[] = [];
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step;
    let rest: Tensor = tf.slice(b, [0, i, 0], [count, 1, k]);
    if (step > 0) {
      const coefficients = tf.slice(triangle, [0, i, forward ? 0 : i + 1], [count, 1, step]);
      rest = tf.sub(rest, tf.matMul(coefficients, tf.concat(solved, 1)));
    }
    const x = tf.div(rest, tf.slice(divisor, [0, i, 0], [count, 1, 1]));
    if (forward) solved.push(x);
    else solved.unshift(x);
  }
  return poison(unusable, tf.concat(solved, 1));
}
