import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../../kernels/stop-gradient/op.js';
import { eigenvalueBound, squaredNormBound } from './norm-bound.js';

/** Frequencies along each axis for each tap of the filter but one: the bound is then too large by 3.5 % for 3 × 3 taps. */
const FREQUENCIES_PER_TAP = 12;

/**
 * A bound, from above, of the square of the largest singular value of a convolution with stride 1 and zeros around images
 * of any size: of the linear map of whole images, not of the filter reshaped to a matrix, which may be `kernelSize` times
 * smaller.
 *
 * At frequency `ω` a convolution of the whole plane is the matrix `H(ω) = Σ_k filter_k e^(iω·k)`, and a finite image with
 * zeros around it is a part of the plane, so `σ² ≤ max_ω λ(ω)`, `λ` the largest eigenvalue of `Hᴴ H`. The maximum is taken
 * over a grid: `vᴴ Hᴴ H v` is a trigonometric polynomial of degree `d`, taps less one, along each axis, which between `N`
 * places exceeds its largest value at them by `1 / cos(π d / N)` at most.
 *
 * Power iteration with the convolution and its transpose comes closer, in particular for images hardly larger than the
 * filter, but from below: it is no bound until it has converged.
 *
 * Sources: Araujo et al., "On Lipschitz regularization of convolutional layers using Toeplitz matrix theory", 2021;
 * for the grid, Ehlich and Zeller, "Schwankung von Polynomen zwischen Gitterpunkten", 1964.
 *
 * @param filter `[height, width, inputs, outputs]`
 * @returns a scalar
 */
export function squaredConvolutionNorm(filter: Tensor): Tensor {
  const [height, width, inputs, outputs] = filter.shape as [number, number, number, number];
  const taps = height * width;
  const matrices = tf.reshape(filter, [taps, inputs * outputs]);
  if (taps === 1) return squaredNormBound(tf.reshape(filter, [inputs, outputs]));
  const { cosines, sines, slack } = grid(height, width);
  const [real, imaginary] = [cosines, sines].map((waves) => {
    const matrix = tf.tensor2d(waves, [waves.length / taps, taps]);
    return tf.reshape(tf.matMul(matrix, matrices as tf.Tensor2D), [-1, inputs, outputs]);
  });
  const tall = inputs >= outputs;
  const product = (a: Tensor, b: Tensor) => tf.matMul(a, b, tall, !tall);
  const gram = {
    real: tf.add(product(real, real), product(imaginary, imaginary)),
    imaginary: tall
      ? tf.sub(product(real, imaginary), product(imaginary, real))
      : tf.sub(product(imaginary, real), product(real, imaginary)),
  };
  return tf.mul(largest(eigenvalueBound(gram)), slack);
}

/** The gradient of `tf.max` would count a maximum at two places twice, as conjugate frequencies have it. */
function largest(values: Tensor): Tensor {
  const share = withoutGradient([values], (x) => {
    const top = tf.cast(tf.equal(x, tf.max(x)), 'float32');
    return tf.div(top, tf.sum(top));
  });
  return tf.sum(tf.mul(share, values));
}

/** Frequencies, half of them as the others are their conjugates: `cos ω·k` and `sin ω·k`, `[frequencies, taps]` each. */
function grid(height: number, width: number): { cosines: Float32Array; sines: Float32Array; slack: number } {
  const [rows, columns] = [height, width].map((length) => Math.max(1, FREQUENCIES_PER_TAP * (length - 1)));
  const half = Math.floor(columns / 2) + 1;
  const taps = height * width;
  const count = rows * half * taps;
  const angles = Float64Array.from({ length: count }, (_, i) => {
    const [frequency, tap] = [Math.floor(i / taps), i % taps];
    const [row, column] = [Math.floor(frequency / half), frequency % half];
    return 2 * Math.PI * ((row * Math.floor(tap / width)) / rows + (column * (tap % width)) / columns);
  });
  const between = (length: number, places: number) => Math.cos((Math.PI * (length - 1)) / places);
  return {
    cosines: Float32Array.from(angles, Math.cos),
    sines: Float32Array.from(angles, Math.sin),
    slack: 1 / (between(height, rows) * between(width, columns)),
  };
}
