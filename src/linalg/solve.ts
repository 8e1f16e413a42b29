import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { solveLinear } from '../kernels/solve/op.js';
import { checkFlags, rightHandSides, squareMatrices } from './matrices.js';

/** Options of {@link solve}. */
export interface SolveOptions {
  /** Solve `Aᵀ X = B` instead. Default: false. */
  readonly adjoint?: boolean;
}

/**
 * The solution `X` of `A X = B`, by elimination with partial pivoting (Golub and Van Loan, "Matrix computations", 2013,
 * section 3.4). Meant for small matrices, up to some 64 rows.
 *
 * Where there is no answer it is NaN throughout: for a matrix that is singular, or has an entry that is not finite, and
 * for columns of `B` with an entry that is not finite. A tensor on a GPU cannot be looked at without waiting for it, so no
 * error is thrown. {@link slogdet} tells such matrices apart.
 *
 * Differentiable to any order: `dB = A⁻ᵀ dX`, `dA = -dB Xᵀ`.
 *
 * @param a `[...batch, n, n]`, float32
 * @param b `[...batch, n, k]`, or `[...batch, n]` for one vector a matrix; float32
 * @returns of the shape of `b`
 * @throws FlowShapeError when `a` is not made of square matrices, or `b` does not fit them.
 * @throws FlowConfigError when a tensor is not float32, or an option not a boolean.
 */
export function solve(a: Tensor, b: Tensor, { adjoint = false }: SolveOptions = {}): Tensor {
  checkFlags({ adjoint }, 'solve');
  return tf.tidy(() => {
    const matrices = squareMatrices(a, 'solve');
    return tf.reshape(solveLinear(matrices.flat, rightHandSides(b, matrices, 'solve'), adjoint), b.shape);
  });
}
