import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Linearisation } from '../../conditioners/lipschitz/lipschitz-network.js';
import { rademacherProbes } from '../../fields/probes.js';
import { stopGradient, withoutGradient } from '../../kernels/stop-gradient/op.js';
import { logAbsDet } from '../../linalg/log-abs-det.js';
import type { RandomStream } from '../../random.js';
import { sizeOf } from '../../shapes.js';
import type { LogDetOptions } from './log-det-options.js';

/**
 * `log det (I + J)` of each row, `[rows]`, at the points where a contraction has been linearised.
 *
 * Source of the estimators: Chen et al., "Residual flows for invertible generative modeling", 2019, sections 3.1 and 3.2.
 */
export function residualLogDet(at: Linearisation, options: Required<LogDetOptions>, stream: RandomStream): Tensor {
  if (options.estimator === 'exact') return exactLogDet(at);
  const [rows, ...event] = at.value.shape;
  const dims = sizeOf(event);
  const weights = termWeights(options, stream);
  const probes = rademacherProbes(stream, options.probes, rows, dims);
  return estimatedLogDet(at, tf.reshape(probes, [options.probes, rows, ...event]), weights);
}

/** Jacobians of each row, transposed: `[rows, dims, dims]`, entry `(k, i)` is `∂g_i / ∂x_k`. */
export function transposedJacobian(at: Linearisation): Tensor {
  const [rows, ...event] = at.value.shape;
  const dims = sizeOf(event);
  const pushed = at.push(tf.reshape(tf.eye(dims), [dims, 1, ...event]));
  return tf.transpose(tf.reshape(pushed, [dims, rows, dims]), [1, 0, 2]);
}

function exactLogDet(at: Linearisation): Tensor {
  const jacobian = transposedJacobian(at);
  return logAbsDet(tf.add(jacobian, tf.eye(jacobian.shape[1]!)));
}

/**
 * Weights `c_k` of the terms of a power series, `k = 1 … N`: all 1 for `series`; for `roulette`, which takes `n` terms beyond
 * the first `terms` with probability `P(n ≥ j) = (1 - p)^(j-1)`, the inverse of the probability of taking the term.
 */
export function termWeights(
  { estimator, terms, stopProbability }: Required<LogDetOptions>,
  stream: RandomStream,
): number[] {
  const weights = Array<number>(terms).fill(1);
  if (estimator !== 'roulette') return weights;
  let weight = 1;
  do {
    weights.push(weight);
    weight /= 1 - stopProbability;
  } while (stream.next() >= stopProbability);
  return weights;
}

/**
 * `Σ_k c_k (-1)^(k+1) / k · vᵀ J^k v`, averaged over probes `v` with `E[v vᵀ] = I`.
 *
 * Its gradient is an estimate of its own that needs no memory for the powers: of `d log det (I + J) = tr((I + J)⁻¹ dJ)`,
 * with the Neumann series for the inverse, `vᵀ dJ w`, `w = Σ_k c_k (-1)^(k-1) J^(k-1) v`, where `w` is a constant. It can
 * be differentiated once; second derivatives are wrong.
 *
 * @param probes `v`, `[K, rows, ...event]`
 * @param weights `c_k`, `k = 1 … N`
 */
export function estimatedLogDet(at: Linearisation, probes: Tensor, weights: readonly number[]): Tensor {
  const dims = sizeOf(probes.shape.slice(2));
  const [estimate, direction] = withoutGradient([probes], (v) => powerSeries(at, v, weights, dims));
  const pushed = meanProduct(probes, at.push(direction), dims);
  return tf.add(estimate, tf.sub(pushed, stopGradient(pushed)));
}

/** The value of the estimate, `[rows]`, and `w`. */
function powerSeries(at: Linearisation, v: Tensor, weights: readonly number[], dims: number): Tensor[] {
  let power = v;
  let estimate: Tensor = tf.zeros([v.shape[1]!]);
  let direction = tf.mul(v, weights[0]);
  weights.forEach((weight, i) => {
    const k = i + 1;
    const sign = k % 2 === 1 ? 1 : -1;
    power = at.push(power);
    estimate = tf.add(estimate, tf.mul(meanProduct(v, power, dims), (sign * weight) / k));
    if (k < weights.length) direction = tf.sub(direction, tf.mul(power, sign * weights[k]));
  });
  return [estimate, direction];
}

/** `vᵀ u` over events, averaged over probes: `[K, rows, ...event]` twice → `[rows]`. */
function meanProduct(v: Tensor, u: Tensor, dims: number): Tensor {
  const [count, rows] = v.shape;
  return tf.mean(tf.sum(tf.reshape(tf.mul(v, u), [count, rows!, dims]), 2), 0);
}
