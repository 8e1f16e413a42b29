import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../kernels/stop-gradient/op.js';

/**
 * `log(e^-x I₀(x))` for `x ≥ 0`, elementwise and differentiable: the logarithm of the modified Bessel function of the
 * first kind and order zero, scaled so that it stays finite for large `x`.
 *
 * Polynomials of Abramowitz and Stegun, "Handbook of mathematical functions", 1964, 9.8.1 and 9.8.2; relative error of
 * `I₀` below 3e-7.
 */
export function logBesselI0e(x: Tensor): Tensor {
  const isSmall = withoutGradient([x], (value) => tf.less(value, BOUNDARY));
  const boundary = tf.fill(x.shape, BOUNDARY);
  // Each branch sees inputs from its own side only, so that the other's gradient stays finite.
  const small = tf.where(isSmall, x, boundary);
  const large = tf.where(isSmall, boundary, x);
  const near = tf.sub(tf.log(polynomial(tf.square(tf.div(small, BOUNDARY)), NEAR)), small);
  const far = tf.sub(tf.log(polynomial(tf.div(BOUNDARY, large), FAR)), tf.mul(tf.log(large), 0.5));
  return tf.where(isSmall, near, far);
}

const BOUNDARY = 3.75;

/** `I₀(x)` in powers of `(x / 3.75)²`. */
const NEAR = [1, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813];

/** `√x e^-x I₀(x)` in powers of `3.75 / x`. */
const FAR = [
  0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537, -0.01647633, 0.00392377,
];

/** Horner's scheme, lowest coefficient first. */
function polynomial(t: Tensor, coefficients: readonly number[]): Tensor {
  return coefficients.reduceRight<Tensor>((sum, coefficient) => tf.add(tf.mul(sum, t), coefficient), tf.zerosLike(t));
}
