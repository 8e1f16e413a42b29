import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { invertMatrices } from '../kernels/inverse/op.js';
import { squareMatrices } from './matrices.js';

/**
 * `A⁻¹` of square matrices, by elimination with partial pivoting (Golub and Van Loan, "Matrix computations", 2013,
 * section 3.4). Meant for small matrices, up to some 64 rows. To apply an inverse to few vectors, {@link solve} is
 * cheaper and more exact.
 *
 * The inverse of a matrix that is singular, or has an entry that is not finite, is NaN throughout: a tensor on a GPU
 * cannot be looked at without waiting for it, so no error is thrown. {@link slogdet} tells such matrices apart.
 *
 * Differentiable to any order: `dA = -A⁻ᵀ dY A⁻ᵀ`.
 *
 * @param a `[...batch, n, n]`, float32
 * @returns `[...batch, n, n]`
 * @throws FlowShapeError when `a` is not made of square matrices.
 * @throws FlowConfigError when `a` is not float32.
 */
export function inverse(a: Tensor): Tensor {
  return tf.tidy(() => tf.reshape(invertMatrices(squareMatrices(a, 'inverse').flat), a.shape));
}
