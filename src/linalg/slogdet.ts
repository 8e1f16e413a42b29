import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { signAndLogDet } from '../kernels/slogdet/op.js';
import { squareMatrices } from './matrices.js';

/** Determinants as `sign · exp(logAbsDet)`; both of the batch's shape. */
export interface SignAndLogDet {
  /** -1, 0 or 1. */
  readonly sign: Tensor;
  /** `log |det A|`, `[...batch]`; minus infinity for a singular matrix. */
  readonly logAbsDet: Tensor;
}

/**
 * Sign and `log |det A|` of square matrices, by elimination with partial pivoting (Golub and Van Loan, "Matrix
 * computations", 2013, section 3.4). Meant for small matrices, up to some 64 rows.
 *
 * A singular matrix has sign 0 and `log |det A| = -Infinity`; what elimination leaves as rounding error counts as zero. A
 * matrix with an entry that is not finite has NaN for both.
 *
 * Differentiable to any order: `dA = dlogAbsDet A⁻ᵀ`, NaN for a singular matrix. The sign has gradient zero.
 *
 * @param a `[...batch, n, n]`, float32
 * @returns two tensors `[...batch]`
 * @throws FlowShapeError when `a` is not made of square matrices.
 * @throws FlowConfigError when `a` is not float32.
 */
export function slogdet(a: Tensor): SignAndLogDet {
  return tf.tidy(() => {
    const { batchShape, flat } = squareMatrices(a, 'slogdet');
    const { sign, logAbsDet } = signAndLogDet(flat);
    return { sign: tf.reshape(sign, batchShape), logAbsDet: tf.reshape(logAbsDet, batchShape) };
  });
}
