import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';
import { RationalQuadraticSpline } from './rational-quadratic-spline.js';

/** Options of {@link SoftclippedSpline}. */
export interface SoftclippedSplineOptions {
  /** Number of bins. Default: 8. */
  readonly bins?: number;
  /** The spline acts on `[-tailBound, tailBound]`; outside it is the identity. Default: 5. */
  readonly tailBound?: number;
  /** Least slope at a knot, below 1; `1 / leastSlope` is the greatest. Default: 1e-3. */
  readonly leastSlope?: number;
}

/** So small that float32 adds nothing to a width, height or slope. */
const NOTHING = 1e-30;

/**
 * Monotone rational-quadratic spline whose raw parameters are softly clipped, in place of the least sizes that
 * {@link RationalQuadraticSpline} adds: with `c(u, b) = u / (1 + |u| / b)` and `b = -log leastSlope`, widths and heights
 * are `softmax(c(u, b / 2))` of the interval, and knot slopes `exp(c(u, b))`, 1 at both ends. All-zero parameters are the
 * identity. It is `MonotonicRQSTransform` of zuko, number for number. The formula runs data → base.
 *
 * Sources: Durkan et al., "Neural Spline Flows", 2019, section 3.1; Rozet et al., zuko.
 *
 * @cost forward: formula; inverse: formula
 */
export class SoftclippedSpline extends ElementwiseTransform {
  static override readonly className = 'SoftclippedSpline';
  static override readonly samples = [
    () => new SoftclippedSpline({ bins: 4 }),
    () => new SoftclippedSpline({ bins: 3, tailBound: 2, leastSlope: 1e-2 }),
  ];

  readonly parameterCount: number;
  readonly #bins: number;
  readonly #bound: number;
  readonly #spline: RationalQuadraticSpline;
  readonly #config: Config;

  /** @throws FlowConfigError for less than two bins, a tail bound that is not positive, or a slope outside of (0, 1). */
  constructor({ bins = 8, tailBound = 5, leastSlope = 1e-3 }: SoftclippedSplineOptions = {}) {
    super();
    if (!(leastSlope > 0 && leastSlope < 1)) {
      throw new FlowConfigError('SoftclippedSpline', {
        expected: 'leastSlope between 0 and 1',
        got: String(leastSlope),
      });
    }
    this.#spline = new RationalQuadraticSpline({
      bins,
      tailBound,
      minBinWidth: NOTHING,
      minBinHeight: NOTHING,
      minDerivative: NOTHING,
    });
    this.parameterCount = this.#spline.parameterCount;
    this.#bins = bins;
    this.#bound = -Math.log(leastSlope);
    this.#config = { bins, tailBound, leastSlope };
  }

  identityParameters(): number[] {
    return Array<number>(this.parameterCount).fill(0);
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    return this.#spline.forward(x, this.clipped(raw));
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    return this.#spline.inverse(y, this.clipped(raw));
  }

  getConfig(): Config {
    return this.#config;
  }

  /** What the plain spline makes the same widths, heights and slopes of. */
  private clipped(raw: Tensor): Tensor {
    const [sizes, slopes] = tf.split(raw, [2 * this.#bins, this.#bins - 1], 1);
    const slope = tf.exp(softclip(slopes, this.#bound));
    // softplus⁻¹(s) = s + log(1 - e⁻ˢ), which neither overflows nor cancels.
    const inverseSoftplus = tf.add(slope, tf.log(tf.neg(tf.expm1(tf.neg(slope)))));
    return tf.concat([softclip(sizes, this.#bound / 2), inverseSoftplus], 1);
  }
}

/** `u / (1 + |u| / bound)`, between -bound and bound. */
function softclip(u: Tensor, bound: number): Tensor {
  return tf.div(u, tf.add(tf.div(tf.abs(u), bound), 1));
}
