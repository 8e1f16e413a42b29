import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { luFactors } from '../kernels/lu/op.js';
import { squareMatrices } from './matrices.js';

/** `P A = L U`. */
export interface LU {
  /** `L`, `[...batch, n, n]`: ones on the diagonal, at most one in size below it. */
  readonly lower: Tensor;
  /** `U`, `[...batch, n, n]`. */
  readonly upper: Tensor;
  /** `[...batch, n]`, int32: row `i` of `L U` is row `permutation[i]` of `A`. */
  readonly permutation: Tensor;
}

/**
 * Triangular factors of square matrices with their rows permuted, `P A = L U`, by elimination with partial pivoting
 * (Golub and Van Loan, "Matrix computations", 2013, section 3.4). Meant for small matrices, up to some 64 rows.
 *
 * A singular matrix has factors as well, with a zero on the diagonal of `U`. Those of a matrix with an entry that is not
 * finite are NaN throughout.
 *
 * `L` and `U` are differentiable to any order (de Hoog, Anderssen and Lukas, "Differentiation of matrix functionals using
 * triangular factorization", 2011), with NaN for a singular matrix:
 *
 * `dA = Pᵀ L⁻ᵀ (tril(Lᵀ dL, -1) + triu(dU Uᵀ)) U⁻ᵀ`
 *
 * @param a `[...batch, n, n]`, float32
 * @throws FlowShapeError when `a` is not made of square matrices.
 * @throws FlowConfigError when `a` is not float32.
 */
export function lu(a: Tensor): LU {
  return tf.tidy(() => {
    const { batchShape, n, flat } = squareMatrices(a, 'lu');
    const { lower, upper, permutation } = luFactors(flat);
    return {
      lower: tf.reshape(lower, a.shape),
      upper: tf.reshape(upper, a.shape),
      permutation: tf.reshape(tf.cast(permutation, 'int32'), [...batchShape, n]),
    };
  });
}
