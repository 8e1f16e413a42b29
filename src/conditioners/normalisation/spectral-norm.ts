import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../../kernels/stop-gradient/op.js';

/** Each squaring doubles the number of power steps. */
const SQUARINGS = 9;

/**
 * Largest singular value `σ` of a matrix, `[rows, columns]`; a scalar.
 *
 * A layer that keeps the vectors of a power iteration from one step to the next is no function of its weights: it gives
 * other values before and after being called, or being saved. Here the iteration runs to its end each time, and needs no
 * vector to start from: with `G = WᵀW`, squared k times, `P = G^m / tr G^m`, `m = 2^k`, and
 *
 * `σ² ≈ tr(P G) = Σ λᵢ^(m+1) / Σ λᵢ^m`,
 *
 * the mean of the eigenvalues of `G` in which the largest has all the weight. It is never too large, and too small by the
 * fraction `log(n) / 2m` at most, whatever the spectrum: for the smaller side n = 512 of a matrix, and k = 9, by 0.6 %.
 *
 * The gradient is that with the singular vectors, `P`, held constant (Miyato et al., "Spectral normalization for generative
 * adversarial networks", 2018, section 2.2), which is that of `σ`.
 */
export function spectralNorm(matrix: Tensor): Tensor {
  const [rows, columns] = matrix.shape as [number, number];
  const tall = rows >= columns;
  const gram = tf.matMul(matrix as tf.Tensor2D, matrix as tf.Tensor2D, tall, !tall);
  const square = tf.sum(tf.mul(withoutGradient([gram], topProjection), gram));
  const positive = withoutGradient([square], (s) => tf.greater(s, 0));
  const one = tf.onesLike(square);
  return tf.where(positive, tf.sqrt(tf.where(positive, square, one)), tf.zerosLike(square));
}

/** `P = G^m / tr G^m` of a symmetric matrix without negative eigenvalues. */
function topProjection(gram: Tensor): Tensor {
  const identity = tf.eye(gram.shape[0]);
  // So that zero is not divided by zero.
  const positive = tf.add(gram, tf.mul(identity, 1e-30));
  let power = tf.div(positive, tf.sum(tf.mul(positive, identity)));
  for (let k = 0; k < SQUARINGS; k++) {
    const square = tf.matMul(power as tf.Tensor2D, power as tf.Tensor2D);
    // Its trace: between 1/n and 1.
    power = tf.div(square, tf.sum(tf.square(power)));
  }
  return power;
}

/**
 * Spectral normalisation as a bound: `W / max(1, σ(W) / bound)`, which leaves small matrices, zero among them, as they are.
 * Anything with more than two axes, `[...inputs, outputs]`, is taken as the matrix from all its inputs to its outputs.
 *
 * @param kernel `[...inputs, outputs]`
 * @param bound largest singular value allowed
 */
export function boundSpectralNorm(kernel: Tensor, bound = 1): Tensor {
  const outputs = kernel.shape.at(-1)!;
  const norm = spectralNorm(tf.reshape(kernel, [kernel.size / outputs, outputs]));
  return tf.div(kernel, tf.add(tf.relu(tf.sub(tf.div(norm, bound), 1)), 1));
}
