import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';

/** `y[i, j] = Σ x[i - u, j - v] K[k - 1 - u, k - 1 - v]`: zeros above and to the left, none below and to the right. */
export function convolvePadded(x: Tensor, kernel: Tensor): Tensor {
  const before: [number, number] = [kernel.shape[0] - 1, 0];
  const padded = tf.pad(x, [[0, 0], before, before, [0, 0]]); // prettier-ignore
  return tf.conv2d(padded as Tensor4D, kernel as Tensor4D, 1, 'valid');
}

/**
 * The inverse by iteration: with the identity at the corner, `x ← z - N x`, where `N`, the convolution by all other taps,
 * moves everything down or to the right. It is nilpotent, so that the iteration has come to its end after as many steps
 * as there are diagonals.
 */
export function paddedInverseReference(z: Tensor, taps: Tensor): Tensor {
  const [, height, width] = z.shape as number[];
  const size = taps.shape[0];
  const mask = Array.from({ length: size * size }, (_, tap) => (tap < size * size - 1 ? 1 : 0));
  const others = tf.mul(taps, tf.tensor4d(mask, [size, size, 1, 1]));
  let x = z;
  // Once at least: gradients ask for a result that depends on the taps, if only by zeros.
  for (let step = 0; step < Math.max(1, height + width - 2); step++) x = tf.sub(z, convolvePadded(x, others));
  return x;
}
