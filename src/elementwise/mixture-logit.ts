import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { logSoftmax, logSumExp } from '../kernels/log-sum-exp/op.js';
import type { CurvePoint } from '../numerics/invert-monotone.js';
import { logSigmoid, meanSquare } from './parameters.js';

/**
 * `logit(Σ_j wⱼ σ(tⱼ))` of lines `tⱼ = rateⱼ x + …`, and the logarithm of its derivative by `x`.
 *
 * With `u = Σ wⱼ σ(tⱼ)` the value is `log u - log (1 - u)`, each a log-sum-exp. The slope
 * `Σ rateⱼ wⱼ σ(tⱼ) σ(-tⱼ) / (u (1 - u))` is summed from the shares `pⱼ = wⱼ σ(tⱼ) / u` and `qⱼ = wⱼ σ(-tⱼ) / (1 - u)` as
 * `Σ rateⱼ pⱼ qⱼ / wⱼ`: far out, where all sigmoids vanish, shares keep their digits. Further out than all `tⱼ` the map is
 * the straight line of the least rate.
 *
 * Source: Huang et al., "Neural autoregressive flows", 2018, section 3.1 and appendix C.
 *
 * @param t lines, `[..., k]`
 * @param logWeights `[..., k]` or broadcast to it; `Σ exp = 1`
 * @param logRates likewise
 * @returns `[..., 1]` each
 */
export function mixtureLogit(t: Tensor, logWeights: Tensor, logRates: Tensor): CurvePoint {
  const below = tf.add(logWeights, logSigmoid(t));
  const above = tf.add(logWeights, logSigmoid(tf.neg(t)));
  const shares = tf.sub(tf.add(logSoftmax(below), logSoftmax(above)), logWeights);
  return {
    value: tf.sub(logSumExp(below), logSumExp(above)),
    logSlope: logSumExp(tf.add(shares, logRates)),
  };
}

/** Variance of the logistic distribution. */
const LOGISTIC_VARIANCE = Math.PI ** 2 / 3;

/** Scale at which logistic bumps around `centres` have the variance of one alone: their mixture is almost that one. */
export function matchingScale(centres: readonly number[]): number {
  return Math.sqrt(1 - meanSquare(centres) / LOGISTIC_VARIANCE);
}
