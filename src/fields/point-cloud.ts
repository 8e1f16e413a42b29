import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Added to squared distances: derivatives of `|r|` blow up at zero, where a point meets itself or another. At distance 1
 * it changes nothing that float32 can tell.
 */
const SOFTENING = 1e-8;

/** Differences and distances of all pairs of points. */
export interface Pairs {
  /** `x_i − x_j`, `[rows, n, n, dims]`. */
  readonly differences: Tensor;
  /** `|x_i − x_j|²`, `[rows, n, n, 1]`. */
  readonly squares: Tensor;
  /** `√(|x_i − x_j|² + ε²)` with `ε = 10⁻⁴`, smooth at zero: `[rows, n, n, 1]`. */
  readonly distances: Tensor;
}

/** All pairs of `[rows, n, dims]`. */
export function pairsOf(x: Tensor): Pairs {
  const [rows, n, dims] = x.shape as [number, number, number];
  const differences = tf.sub(tf.reshape(x, [rows, n, 1, dims]), tf.reshape(x, [rows, 1, n, dims]));
  const squares = tf.sum(tf.square(differences), 3, true);
  return { differences, squares, distances: tf.sqrt(tf.add(squares, SOFTENING)) };
}

/** One for two different points, zero for a point and itself: `[1, n, n, 1]`. */
export function otherPoints(n: number): Tensor {
  return tf.tidy(() => tf.reshape(tf.sub(1, tf.eye(n)), [1, n, n, 1]));
}
