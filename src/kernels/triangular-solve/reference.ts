import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { diagonalOf, notFinite, poison } from '../elimination/reference.js';
import type { TriangularSolveAttributes } from './spec.js';
import { triangleMask } from './triangle.js';

/** Substitution, one row a step; `t`: `[count, n, n]`, `b`: `[count, n, k]`. */
export function triangularSolveByOps([t, b]: Tensor[], attributes: TriangularSolveAttributes): Tensor[] {
  const { lower, adjoint } = attributes;
  const [count, n, k] = b.shape;
  const { triangle, diagonal } = read(t, attributes);
  const matrix = adjoint ? tf.transpose(triangle, [0, 2, 1]) : triangle;
  const divisor = tf.where(tf.equal(diagonal, 0), tf.onesLike(diagonal), diagonal);
  const forward = lower !== adjoint;
  const solved: Tensor[] = [];
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step;
    let rest: Tensor = tf.slice(b, [0, i, 0], [count, 1, k]);
    if (step > 0) {
      const coefficients = tf.slice(matrix, [0, i, forward ? 0 : i + 1], [count, 1, step]);
      rest = tf.sub(rest, tf.matMul(coefficients, tf.concat(solved, 1)));
    }
    const x = tf.div(rest, tf.slice(divisor, [0, i, 0], [count, 1, 1]));
    if (forward) solved.push(x);
    else solved.unshift(x);
  }
  return [poison(unusableColumns(t, b, attributes), tf.concat(solved, 1))];
}

/** Whether there is no answer, `[count, 1, k]`: for a zero on the diagonal, and for what is not finite. */
export function unusableColumns(t: Tensor, b: Tensor, attributes: TriangularSolveAttributes): Tensor {
  const { triangle, diagonal } = read(t, attributes);
  const matrix = tf.logicalOr(tf.any(tf.equal(diagonal, 0), [1, 2], true), notFinite(triangle, [1, 2]));
  return tf.logicalOr(matrix, notFinite(b, [1]));
}

/** The triangle that is read, zeros elsewhere, and the diagonal, `[count, n, 1]`. */
function read(t: Tensor, { lower, unitDiagonal }: TriangularSolveAttributes) {
  const [count, n] = t.shape;
  const isRead = tf.cast(tf.expandDims(triangleMask(n, lower, unitDiagonal), 0), 'bool');
  const triangle = tf.where(isRead, t, tf.zerosLike(t));
  return { triangle, diagonal: unitDiagonal ? tf.ones([count, n, 1]) : diagonalOf(triangle) };
}
