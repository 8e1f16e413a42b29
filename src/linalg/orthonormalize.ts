import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../errors.js';
import { invertMatrices } from '../kernels/inverse/op.js';
import { formatShape, sizeOf } from '../shapes.js';

/** Enough for singular values down to 1/400 of the root of the sum of their squares. */
const STEPS = 12;

/**
 * The nearest matrix with orthonormal columns, the polar factor `A (Aᵀ A)^-½`, by Newton's iteration
 * `X ← ½ X (I + (Xᵀ X)⁻¹)` from `A / |A|` (Higham, "Functions of matrices", 2008, section 8.3). Each step maps a singular value
 * `σ` to `½ (σ + 1/σ)`, so that it converges for any columns that are linearly independent. Differentiable to any order.
 *
 * Columns that are nearly dependent (singular values that differ by more than 1e3) have no polar factor in float32: the result
 * may be NaN or not orthonormal.
 *
 * @param a `[...batch, n, m]` with `n ≥ m`
 * @returns of the shape of `a`
 * @throws FlowShapeError for matrices of more columns than rows.
 */
export function orthonormalize(a: Tensor): Tensor {
  const [n, m] = a.shape.slice(-2);
  if (a.rank < 2 || m === 0 || n < m) {
    throw new FlowShapeError('orthonormalize', {
      expected: '`a`: matrices with at least as many rows as columns, [..., n, m]',
      got: formatShape(a.shape),
    });
  }
  return tf.tidy(() => {
    const flat = tf.reshape(a, [sizeOf(a.shape.slice(0, -2)), n, m]);
    const size = tf.sqrt(tf.sum(tf.square(flat), [1, 2], true));
    // With columns of length one to start with, an orthonormal matrix stays what it is.
    let x = tf.mul(tf.div(flat, size), Math.sqrt(m));
    for (let step = 0; step < STEPS; step++) {
      const inverse = invertMatrices(tf.matMul(x, x, true, false));
      x = tf.mul(tf.add(x, tf.matMul(x, inverse)), 0.5);
    }
    return tf.reshape(x, a.shape);
  });
}
