import * as tf from '@tensorflow/tfjs-core';
import type { GradSaveFunc, Tensor } from '@tensorflow/tfjs-core';
import { clamp } from '../kernels/clamp/op.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** Beyond this many deviations `x + φ(x) / Φ(x)` cancels in float32 and its asymptotic series is better. */
const TAIL = -15;
const LARGEST = 3e38;

/**
 * `log Φ(x)`, the logarithm of the standard normal distribution function; finite far out on either side, differentiable to
 * any order. Error: a few 1e-7, in units of `max(1, |log Φ|)`.
 */
export function logNormalCdf(x: Tensor): Tensor {
  return withSlope(x, cdf, (input) => tf.exp(logNormalHazard(input)));
}

/**
 * `log (φ(x) / Φ(x))`, the logarithm of the derivative of {@link logNormalCdf}, without its cancellation for large
 * negative `x`, where it grows like `log |x|`. Differentiable to any order.
 */
export function logNormalHazard(x: Tensor): Tensor {
  return withSlope(x, hazard, (input) => tf.neg(hazardExcess(input)));
}

/**
 * The quantile below the median by the logarithm of its probability: `z` with `log Φ(z) = logP`, for `logP ≤ log ½`, any
 * distance out. One Newton step in the logarithm from the estimate of Abramowitz and Stegun, "Handbook of Mathematical
 * Functions", 1964, formula 26.2.23, which is within 4.5e-4. Differentiable to any order.
 */
export function normalLowerQuantile(logP: Tensor): Tensor {
  return withSlope(logP, lowerQuantile, (input) => tf.exp(tf.neg(logNormalHazard(normalLowerQuantile(input)))));
}

/** A function by its values and its derivative, each computed from the input. */
function withSlope(x: Tensor, compute: (x: Tensor) => Tensor, slope: (x: Tensor) => Tensor): Tensor {
  return tf.customGrad((input, save) => {
    (save as GradSaveFunc)([input as Tensor]);
    return {
      value: tf.tidy(() => compute(input as Tensor)),
      gradFunc: (upstream, saved) => [tf.mul(upstream, slope(saved[0]))],
    };
  })(x);
}

/** `x + φ(x) / Φ(x)`: how much the hazard exceeds `|x|` on the left. */
function hazardExcess(x: Tensor): Tensor {
  const far = withoutGradient([x], (v) => tf.less(v, TAIL));
  const inverse = tf.neg(tf.reciprocal(clamp(x, -LARGEST, TAIL)));
  const square = tf.square(inverse);
  const series = tf.mul(inverse, tf.add(1, tf.mul(square, tf.add(-2, tf.mul(square, 10)))));
  return tf.where(far, series, tf.add(x, tf.exp(logNormalHazard(x))));
}

function cdf(x: Tensor): Tensor {
  const tail = tf.sub(logScaledTail(tf.abs(x)), tf.mul(tf.square(x), 0.5));
  return tf.where(tf.lessEqual(x, 0), tail, tf.log(tf.sub(1, tf.exp(tail))));
}

function hazard(x: Tensor): Tensor {
  const scaled = logScaledTail(tf.abs(x));
  const half = tf.mul(tf.square(x), 0.5);
  const right = tf.neg(tf.add(half, tf.log(tf.sub(1, tf.exp(tf.sub(scaled, half))))));
  return tf.sub(tf.where(tf.lessEqual(x, 0), tf.neg(scaled), right), HALF_LOG_TWO_PI);
}

/** Coefficients of `log (Φ(-X) exp(X² / 2)) - log t` in powers of `t = 1 / (1 + X / 2.5)`: Chebyshev interpolation, 3e-8. */
const TAIL_POLYNOMIAL = [
  -1.8352293, 1.00000854, 0.339600206, 0.0205750894, -0.232446368, 0.164147817, -1.13573101, 2.17817743, -1.68811315,
  0.477652704, 0.064327612, -0.0461167768,
];

/** `log (Φ(-X) exp(X² / 2))` for `X ≥ 0`: a smooth function that falls like `-log X`. */
function logScaledTail(x: Tensor): Tensor {
  const t = tf.reciprocal(tf.add(tf.mul(x, 1 / 2.5), 1));
  return tf.add(tf.log(t), polynomial(TAIL_POLYNOMIAL, t));
}

function lowerQuantile(logP: Tensor): Tensor {
  const s = tf.sqrt(tf.mul(logP, -2));
  const correction = tf.div(
    polynomial([2.515517, 0.802853, 0.010328], s),
    polynomial([1, 1.432788, 0.189269, 0.001308], s),
  );
  const estimate = tf.sub(correction, s);
  const error = tf.sub(cdf(estimate), logP);
  return tf.sub(estimate, tf.mul(error, tf.exp(tf.neg(hazard(estimate)))));
}

/** `Σ cₖ xᵏ` by Horner's rule. */
function polynomial(coefficients: readonly number[], x: Tensor): Tensor {
  return coefficients.reduceRight<Tensor | null>((sum, c) => (sum ? tf.add(tf.mul(sum, x), c) : tf.scalar(c)), null)!;
}
