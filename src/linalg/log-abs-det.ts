import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { signAndLogDet } from '../kernels/slogdet/op.js';
import { squareMatrices } from './matrices.js';

/**
 * `log |det A|` of square matrices: {@link slogdet} without the sign.
 *
 * `-Infinity` for a singular matrix, NaN for one with an entry that is not finite. Differentiable to any order:
 * `dA = dY A⁻ᵀ`, NaN for a singular matrix.
 *
 * @param a `[...batch, n, n]`, float32
 * @returns `[...batch]`
 * @throws FlowShapeError when `a` is not made of square matrices.
 * @throws FlowConfigError when `a` is not float32.
 */
export function logAbsDet(a: Tensor): Tensor {
  return tf.tidy(() => {
    const { batchShape, flat } = squareMatrices(a, 'logAbsDet');
    return tf.reshape(signAndLogDet(flat).logAbsDet, batchShape);
  });
}
