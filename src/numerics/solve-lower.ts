import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Solves `L yᵀ = bᵀ` for each row `b` of `rows` by forward substitution.
 *
 * One step a dimension, each a handful of operations on the whole batch; differentiable in both arguments.
 *
 * @param factor `[dims, dims]`, lower triangular with non-zero diagonal; what lies above the diagonal is not read.
 * @param rows `[batch, dims]`
 * @returns `[batch, dims]`
 */
export function solveLower(factor: Tensor, rows: Tensor): Tensor {
  const [batch, dims] = rows.shape;
  let solved: Tensor | null = null;
  for (let i = 0; i < dims; i++) {
    let column: Tensor = tf.slice(rows, [0, i], [batch, 1]);
    if (solved) {
      const coefficients = tf.reshape(tf.slice(factor, [i, 0], [1, i]), [i, 1]);
      column = tf.sub(column, tf.matMul(solved as tf.Tensor2D, coefficients as tf.Tensor2D));
    }
    column = tf.div(column, tf.slice(factor, [i, i], [1, 1]));
    solved = solved ? tf.concat([solved, column], 1) : column;
  }
  return solved!;
}
