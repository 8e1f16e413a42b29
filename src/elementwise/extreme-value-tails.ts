import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { CurvePoint } from '../numerics/invert-monotone.js';
import { log1p } from '../numerics/log1p.js';
import { logGrowth } from '../numerics/log-growth.js';
import { logNormalCdf, logNormalHazard, normalLowerQuantile } from '../numerics/normal-cdf.js';
import { HeavyTails } from './heavy-tails.js';

/** Largest exponent; a normal number gets there with probability 1e-13 for `λ = 2`, 1e-26 for `λ = 1`. */
const MOST = 60;
/** `√(π/2)`, with which the slope at 0 is 1. */
const UNIT = Math.sqrt(Math.PI / 2);
/** Tail weight at the start. */
const START = 0.05;

/**
 * Tails of the generalised Pareto distribution, to which those of most distributions tend:
 *
 * `h(a; λ) = √(π/2) (erfc(a / √2)^-λ - 1) / λ`, `log h′ = log (√(π/2) φ(a) / Φ(-a)) - λ log erfc(a / √2)`,
 *
 * where `φ` and `Φ` are density and distribution function of a standard normal variable, of which it makes one with exact
 * Pareto tails of shape `λ`. Both directions are formulas but for the normal quantile. It does not hold the identity: with `λ` at
 * 0 tails are still exponential. What that does to the middle, the layers beneath it undo. It starts with `λ = 0.05`. See
 * {@link HeavyTails} for `μ`, `σ` and the weights; `σ` here is `√(2/π)` times that of the paper.
 *
 * Source: Hickling and Prangle, "Flexible tails for normalizing flows", 2024, section 3.
 *
 * @cost forward: formula; inverse: formula (and a normal quantile)
 */
export class ExtremeValueTails extends HeavyTails {
  static override readonly className = 'ExtremeValueTails';
  static override readonly samples = [() => new ExtremeValueTails()];

  /** How far the start may be from the identity, relative to `1 + |x|`: exponential tails grow as a square. */
  readonly identityGap = 8;

  identityParameters(): number[] {
    return this.weightParameters(START);
  }

  protected override outward(a: Tensor, weight: Tensor): CurvePoint {
    const tail = tf.neg(a);
    const rarity = tf.neg(tf.add(logNormalCdf(tail), Math.LN2));
    const exponent = tf.mul(rarity, weight);
    const value = tf.mul(tf.mul(rarity, tf.exp(logGrowth(exponent))), UNIT);
    return { value, logSlope: tf.add(tf.add(logNormalHazard(tail), exponent), Math.log(UNIT)) };
  }

  protected override inward(b: Tensor, weight: Tensor): CurvePoint {
    const scaled = tf.div(b, UNIT);
    const exponent = log1p(tf.mul(scaled, weight));
    const rarity = tf.mul(scaled, tf.exp(tf.neg(logGrowth(exponent))));
    const tail = normalLowerQuantile(tf.neg(tf.add(rarity, Math.LN2)));
    const logSlope = tf.add(tf.add(logNormalHazard(tail), exponent), Math.log(UNIT));
    return { value: tf.neg(tail), logSlope: tf.neg(logSlope) };
  }

  protected override limit(weight: Tensor): Tensor {
    return tf.neg(normalLowerQuantile(tf.neg(tf.add(tf.div(MOST, weight), Math.LN2))));
  }
}
