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
  const point = tf.expandDims(x, 1);
  const along = tf.sum(tf.mul(directions, point), 2);
  const norms = tf.sqrt(tf.add(tf.mul(roundness, tf.sum(tf.square(point), 2)), tf.square(along)));
  const norm = tf.sum(tf.mul(weights, norms), 1, true);

  const pulls = tf.add(tf.mul(tf.expandDims(roundness, 2), point), tf.mul(tf.expandDims(along, 2), directions));
  const rates = tf.div(weights, norms);
  const slope = tf.sum(tf.mul(tf.expandDims(rates, 2), pulls), 1);

  const outer = (factor: Tensor, vectors: Tensor) =>
    tf.matMul(vectors, tf.mul(tf.expandDims(factor, 2), vectors), true, false);
  const round = tf.mul(tf.expandDims(tf.sum(tf.mul(rates, roundness), 1, true), 2), tf.eye(x.shape[1]!));
  const bend = tf.sub(tf.add(round, outer(rates, directions)), outer(tf.div(rates, tf.square(norms)), pulls));
  const ridge = tf.mul(tf.expandDims(slope, 2), tf.expandDims(slope, 1));
  return {
    value: tf.mul(tf.squeeze(tf.square(norm), [1]), 0.5),
    gradient: tf.mul(norm, slope),
    hessian: tf.add(ridge, tf.mul(tf.expandDims(norm, 2), bend)),
  };
}
