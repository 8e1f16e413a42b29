import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { squareMatrices } from './matrices.js';

/** The series is summed at `A / 2^SQUARINGS`; fixed, so that nothing has to be looked at. */
const SQUARINGS = 10;
/** Terms of the series. At a norm of a quarter, what is left out is below 1e-8. */
const TERMS = 6;

/**
 * `exp(A) = Σ Aᵏ / k!` of square matrices, by scaling and squaring (Moler and Van Loan, "Nineteen dubious ways to compute the
 * exponential of a matrix, twenty-five years later", 2003, method 3).
 *
 * What is squared is `E = exp(A / 2^s) - I`, by `(I + E)² - I = 2 E + E²`: next to ones, a small `E` would lose its digits in
 * each step. Good to a few 1e-7 of `exp(|A|)`, for norms up to 200 or so. Sixteen matrix products; differentiable to any order.
 *
 * @param a `[...batch, n, n]`, float32
 * @returns `[...batch, n, n]`
 * @throws FlowShapeError when `a` is not made of square matrices.
 * @throws FlowConfigError when `a` is not float32.
 */
export function matrixExponential(a: Tensor): Tensor {
  return tf.tidy(() => {
    const { flat, n } = squareMatrices(a, 'matrixExponential');
    const x = tf.mul(flat, 2 ** -SQUARINGS);
    // Horner's rule for X + X²/2 + ... + X⁶/720.
    let excess = tf.div(x, TERMS);
    for (let k = TERMS - 1; k >= 1; k--) excess = tf.div(tf.add(x, tf.matMul(x, excess)), k);
    for (let k = 0; k < SQUARINGS; k++) excess = tf.add(tf.mul(excess, 2), tf.matMul(excess, excess));
    return tf.reshape(tf.add(excess, tf.eye(n)), a.shape);
  });
}
