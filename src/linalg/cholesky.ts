import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { squareMatrices } from './matrices.js';

/**
 * The lower triangular `L` with positive diagonal and `A = L Lᵀ` of symmetric positive definite matrices, column by column
 * (Golub and Van Loan, "Matrix computations", 2013, section 4.2). Meant for small matrices: some six operations a column. Only
 * the lower triangle of `a` is read.
 *
 * A matrix that is not positive definite gives NaN from the first column on that shows it: a tensor on a GPU cannot be looked
 * at without waiting for it, so no error is thrown. Differentiable to any order.
 *
 * @param a `[...batch, n, n]`, float32
 * @returns `[...batch, n, n]`
 * @throws FlowShapeError when `a` is not made of square matrices.
 * @throws FlowConfigError when `a` is not float32.
 */
export function cholesky(a: Tensor): Tensor {
  return tf.tidy(() => {
    const { flat, n } = squareMatrices(a, 'cholesky');
    let [rest, columns] = [flat, [] as Tensor[]];
    for (let j = 0; j < n; j++) {
      // `rest` is what is left of rows and columns j and on.
      const first = tf.slice(rest, [0, 0, 0], [-1, -1, 1]);
      const pivot = tf.slice(first, [0, 0, 0], [-1, 1, 1]);
      const column = tf.div(first, tf.sqrt(pivot));
      columns = [...columns, j === 0 ? column : tf.pad(column, [[0, 0], [j, 0], [0, 0]])]; // prettier-ignore
      if (j === n - 1) break;
      const below = tf.slice(column, [0, 1, 0], [-1, -1, -1]);
      rest = tf.sub(tf.slice(rest, [0, 1, 1], [-1, -1, -1]), tf.matMul(below, below, false, true));
    }
    return tf.reshape(tf.concat(columns, 2), a.shape);
  });
}
