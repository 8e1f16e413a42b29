import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { combination, rowCombination } from '../kernels/runge-kutta-combination/op.js';
import type { Tableau } from './tableau.js';
import { at, type Times } from './times.js';

/** `y + h Σ_i c_i k_i`, `h` one number for all rows or one a row. */
export function combine(y: Tensor, slopes: readonly Tensor[], h: Times, coefficients: readonly number[]): Tensor {
  const used = slopes.map((slope, i) => ({ slope, factor: coefficients[i] })).filter(({ factor }) => factor !== 0);
  if (used.length === 0) return tf.clone(y);
  const ks = used.map(({ slope }) => slope);
  const factors = used.map(({ factor }) => factor);
  if (h.length === 1) return combination(y, ks, factors.map((factor) => h[0] * factor)); // prettier-ignore
  return rowCombination(y, ks, tf.tensor2d(Float32Array.from(h), [h.length, 1]), factors);
}

/** The continuous extension of a step at `t + θ h`: `y + h Σ_s k_s Σ_j dense[s][j] θ^(j+1)`. */
export function denseOutput(
  { dense }: Pick<Tableau, 'dense'>,
  y: Tensor,
  slopes: readonly Tensor[],
  h: Times,
  theta: Times,
): Tensor {
  const weight = (stage: number, s: number) => dense[stage].reduceRight((sum, factor) => (sum + factor) * s, 0);
  if (theta.length === 1) return combine(y, slopes, h, slopes.map((_, stage) => weight(stage, theta[0]))); // prettier-ignore
  return slopes.reduce((sum, slope, stage) => {
    const factors = Float32Array.from(theta, (s, i) => at(h, i) * weight(stage, s));
    return tf.add(sum, tf.mul(slope, tf.tensor2d(factors, [factors.length, 1])));
  }, y);
}
