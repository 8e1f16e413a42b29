import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Half the square of a norm at some points, `N(x)² / 2`. */
export interface GaugePoint {
  /** `φ(x) = N(x)² / 2`, `[rows]`. */
  readonly value: Tensor;
  /** `∇φ`, `[rows, n]`. */
  readonly gradient: Tensor;
  /** `∇²φ`, `[rows, n, n]`: positive definite. */
  readonly hessian: Tensor;
}

/** A sum of ellipsoidal norms, `N(x) = Σᵢ ωᵢ √(εᵢ |x|² + (cᵢ·x)²)`. */
export interface Gauge {
  /** `ω`, `[rows, components]`, positive. */
  readonly weights: Tensor;
  /** `ε`, `[rows, components]`, positive. */
  readonly roundness: Tensor;
  /** `c`, `[rows, components, n]`. */
  readonly directions: Tensor;
}

/**
 * `φ = N² / 2` with its derivatives. With `uᵢ = cᵢ·x`, `Nᵢ = √(εᵢ |x|² + uᵢ²)` and `pᵢ = εᵢ x + uᵢ cᵢ`:
 * `∇φ = N Σ ωᵢ pᵢ / Nᵢ` and `∇²φ = ∇N ∇Nᵀ + N Σ ωᵢ ((εᵢ I + cᵢ cᵢᵀ) / Nᵢ - pᵢ pᵢᵀ / Nᵢ³)`.
 *
 * @param x `[rows, n]`, none of them zero
 */
export function evaluateGauge({ weights, roundness, directions }: Gauge, x: Tensor): GaugePoint {
  // Products of matrices rather than of tensors with axes of length 1 in the middle, which planned steps do not take.
  const [rows, n] = x.shape as [number, number];
  const point = tf.expandDims(x, 1);
  const along = tf.squeeze(tf.matMul(directions, tf.expandDims(x, 2)), [2]);
  const norms = tf.sqrt(tf.add(tf.mul(roundness, tf.sum(tf.square(x), 1, true)), tf.square(along)));
  const norm = tf.sum(tf.mul(weights, norms), 1, true);

  const pulls = tf.add(tf.matMul(tf.expandDims(roundness, 2), point), tf.mul(tf.expandDims(along, 2), directions));
  const rates = tf.div(weights, norms);
  const slope = tf.squeeze(tf.matMul(tf.expandDims(rates, 1), pulls), [1]);

  const outer = (factor: Tensor, vectors: Tensor) =>
    tf.matMul(vectors, tf.mul(tf.expandDims(factor, 2), vectors), true, false);
  const roundest = tf.sum(tf.mul(rates, roundness), 1, true);
  const round = tf.reshape(tf.matMul(roundest, tf.reshape(tf.eye(n), [1, n * n])), [rows, n, n]);
  const bend = tf.sub(tf.add(round, outer(rates, directions)), outer(tf.div(rates, tf.square(norms)), pulls));
  const ridge = tf.matMul(tf.expandDims(slope, 2), tf.expandDims(slope, 1));
  return {
    value: tf.mul(tf.squeeze(tf.square(norm), [1]), 0.5),
    gradient: tf.mul(norm, slope),
    hessian: tf.add(ridge, tf.mul(tf.expandDims(norm, 2), bend)),
  };
}
