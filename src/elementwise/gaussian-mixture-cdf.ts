import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { clamp } from '../kernels/clamp/op.js';
import { logSoftmax, logSumExp } from '../kernels/log-sum-exp/op.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import type { Curve } from '../numerics/invert-monotone.js';
import { logNormalCdf, logNormalHazard, normalLowerQuantile } from '../numerics/normal-cdf.js';
import { checkCount, NumericElementwise, type NumericElementwiseOptions } from './numeric-elementwise.js';
import { bounded, cut, meanSquare, spread, unbounded } from './parameters.js';

/** Options of {@link GaussianMixtureCdf}. */
export interface GaussianMixtureCdfOptions extends NumericElementwiseOptions {
  /** Number of normal kernels. Default: 8. */
  readonly components?: number;
}

/** Largest `|log h|`. */
const SCALE_BOUND = 7;
/** The start has its kernels from `-SPREAD` to `SPREAD`: equal ones would get equal gradients for ever. */
const SPREAD = 0.25;
/** Just above `log ½`: the smaller of the two tails is below, up to rounding. */
const MEDIAN = -0.69;

/**
 * A variable of which the density is a mixture of normal kernels, made standard normal; data → base:
 * `z = Φ⁻¹(Σⱼ wⱼ Φ((x - μⱼ) / hⱼ))`, with `w = softmax(raw)`, `h = exp(7 tanh(raw / 7))`. With `K` kernels the raw parameters
 * are `w`, `μ`, `log h`, `K` each. `forward` is numeric.
 *
 * Computed in logarithms of the smaller tail, which go as far as float32 does: with `tⱼ = (x - μⱼ) / hⱼ` turned so that
 * `z ≤ 0`, `log dz/dx = log Σⱼ pⱼ λ(tⱼ) / hⱼ - log λ(z)`, where `pⱼ` are the shares of the kernels in the tail and `λ = φ / Φ`
 * the hazard. The start is within 4% of the identity.
 *
 * Source: Meng, Song, Song, Ermon, "Gaussianization flows", 2020, section 3.2 (with normal kernels, so that the tails
 * are straight).
 *
 * @cost forward: numeric; inverse: formula
 */
export class GaussianMixtureCdf extends NumericElementwise {
  static override readonly className = 'GaussianMixtureCdf';
  static override readonly samples = [
    () => new GaussianMixtureCdf({ components: 4 }),
    () => new GaussianMixtureCdf({ components: 1 }),
  ];

  override readonly parameterCount: number;
  /** How far the start may be from the identity, relative to `1 + |x|`. */
  readonly identityGap = 0.04;
  readonly #components: number;

  /** @throws FlowConfigError for a number of components that is no positive integer. */
  constructor({ components = 8, ...search }: GaussianMixtureCdfOptions = {}) {
    super(search);
    checkCount('GaussianMixtureCdf', 'components', components);
    this.#components = components;
    this.parameterCount = 3 * components;
  }

  identityParameters(): number[] {
    const centres = spread(this.#components, SPREAD);
    const bandwidth = Math.sqrt(1 - meanSquare(centres));
    return this.kernelParameters(centres, centres.map(() => bandwidth)); // prettier-ignore
  }

  /** Raw parameters of kernels of equal weight, one a component, with these centres and standard deviations. */
  kernelParameters(centres: readonly number[], bandwidths: readonly number[]): number[] {
    const largest = SCALE_BOUND - 1e-3;
    const scales = bandwidths.map((h) => Math.min(largest, Math.max(-largest, Math.log(h))));
    return [...centres.map(() => 0), ...centres, ...scales.map((scale) => unbounded(scale, SCALE_BOUND))];
  }

  protected override curve(raw: Tensor): Curve {
    const k = this.#components;
    const [logits, centres, rawScales] = cut(raw, [k, k, k]);
    const logWeights = logSoftmax(logits);
    const logScales = bounded(rawScales, SCALE_BOUND);
    const rates = tf.exp(tf.neg(logScales));
    return (x) => {
      const right = tf.mul(tf.sub(tf.expandDims(x, 1), centres), rates);
      const side = withoutGradient([right, logWeights], (t, w) => {
        const below = tf.less(logSumExp(tf.add(w, logNormalCdf(t))), Math.log(0.5));
        return tf.sub(tf.mul(tf.cast(below, 'float32'), 2), 1);
      });
      const t = tf.mul(right, side);
      const logTails = tf.add(logWeights, logNormalCdf(t));
      const z = normalLowerQuantile(clamp(logSumExp(logTails), -3e38, MEDIAN));
      const hazards = tf.sub(tf.add(logSoftmax(logTails), logNormalHazard(t)), logScales);
      return {
        value: tf.reshape(tf.mul(z, side), [-1]),
        logSlope: tf.reshape(tf.sub(logSumExp(hazards), logNormalHazard(z)), [-1]),
      };
    };
  }

  override getConfig(): Config {
    return { components: this.#components, ...super.getConfig() };
  }
}
