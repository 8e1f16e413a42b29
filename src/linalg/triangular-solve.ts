import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { solveTriangular } from '../kernels/triangular-solve/op.js';
import { checkFlags, rightHandSides, squareMatrices } from './matrices.js';

/** Options of {@link triangularSolve}. */
export interface TriangularSolveOptions {
  /** Whether `t` is lower triangular; if not, upper. The other triangle is not read. Default: true. */
  readonly lower?: boolean;
  /** Solve `Tᵀ X = B` instead. Default: false. */
  readonly adjoint?: boolean;
  /** Take the diagonal of `t` to be ones, and do not read it. Default: false. */
  readonly unitDiagonal?: boolean;
}

/**
 * The solution `X` of `T X = B` for triangular `T`, by substitution (Golub and Van Loan, "Matrix computations", 2013,
 * section 3.1). Meant for small matrices, up to some 64 rows.
 *
 * Where there is no answer it is NaN throughout: for a triangle with a zero on its diagonal or an entry that is not
 * finite, and for columns of `B` with an entry that is not finite.
 *
 * Differentiable to any order: `dB = T⁻ᵀ dX`, `dT = -dB Xᵀ` on the triangle that is read, zero elsewhere;
 * NaN throughout where there is no answer.
 *
 * @param t `[...batch, n, n]`, float32
 * @param b `[...batch, n, k]`, or `[...batch, n]` for one vector a matrix; float32
 * @returns of the shape of `b`
 * @throws FlowShapeError when `t` is not made of square matrices, or `b` does not fit them.
 * @throws FlowConfigError when a tensor is not float32, or an option not a boolean.
 */
export function triangularSolve(
  t: Tensor,
  b: Tensor,
  { lower = true, adjoint = false, unitDiagonal = false }: TriangularSolveOptions = {},
): Tensor {
  checkFlags({ lower, adjoint, unitDiagonal }, 'triangularSolve');
  return tf.tidy(() => {
    const matrices = squareMatrices(t, 'triangularSolve', 't');
    const right = rightHandSides(b, matrices, 'triangularSolve');
    return tf.reshape(solveTriangular(matrices.flat, right, { lower, adjoint, unitDiagonal }), b.shape);
  });
}
