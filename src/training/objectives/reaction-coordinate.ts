import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import { FlowConfigError, FlowShapeError } from '../../errors.js';
import { formatShape } from '../../shapes.js';

/** A coordinate along which draws are to spread, so that none of its states is lost. */
export interface ReactionCoordinate {
  /** `r(x)`, `[rows]`, of configurations `[rows, ...eventShape]`, differentiable. */
  readonly of: (x: Tensor) => Tensor;
  /** Where the coordinate is to spread. */
  readonly range: readonly [low: number, high: number];
  /** Points at which the density is taken, equally spaced over the range. Default: 50. */
  readonly bins?: number;
  /** Standard deviation of the kernels. Default: the distance of two points. */
  readonly bandwidth?: number;
  /** Weight of the term. Default: 1. */
  readonly weight?: number;
}

/** Share of the uniform density, that an empty bin has no infinite slope. */
const FLOOR = 1e-6;

/**
 * Negative entropy of a coordinate, `Σ_j ρ_j log ρ_j` over bins, `ρ_j ∝ Σ_i exp(-(r(x_i) - c_j)² / 2h²)` the kernel density of the
 * batch, normalised to sum to one: at least `-log bins`, where the coordinate is spread evenly over its range.
 *
 * Source: Noé et al., "Boltzmann generators", 2019, supplement; there with 1000 draws a batch.
 */
export function coordinateEntropy(where: string, coordinate: ReactionCoordinate): (x: Tensor) => Tensor {
  const { of, range, bins = 50, weight = 1 } = coordinate;
  const name = `${where}.coordinate`;
  if (typeof of !== 'function') {
    throw new FlowConfigError(`${name}.of`, { expected: 'a function of configurations', got: typeof of });
  }
  const [low, high] = Array.isArray(range) ? (range as readonly number[]) : [NaN, NaN];
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new FlowConfigError(`${name}.range`, { expected: 'two ascending numbers', got: String(range) });
  }
  checkInteger(`${name}.bins`, bins, 2);
  const spacing = (high - low) / (bins - 1);
  const { bandwidth = spacing } = coordinate;
  for (const [option, value] of Object.entries({ bandwidth, weight })) {
    if (value > 0 && value < Infinity) continue;
    throw new FlowConfigError(`${name}.${option}`, { expected: 'a positive number', got: String(value) });
  }
  return (x) =>
    tf.tidy(() => {
      const r = of(x);
      if (r.size !== x.shape[0]) {
        throw new FlowShapeError(`${name}.of`, { expected: formatShape([x.shape[0]]), got: formatShape(r.shape) });
      }
      const centres = tf.range(0, bins, 1, 'float32');
      const at = tf.div(tf.sub(tf.reshape(r, [-1, 1]), low), spacing);
      const distances = tf.mul(tf.sub(at, tf.reshape(centres, [1, bins])), spacing / bandwidth);
      const counts = tf.add(tf.mean(tf.exp(tf.mul(tf.square(distances), -0.5)), 0), FLOOR);
      const density = tf.div(counts, tf.sum(counts));
      return tf.mul(tf.sum(tf.mul(density, tf.log(density))), weight);
    });
}
