import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { rationalQuadraticSplineOp } from '../kernels/rational-quadratic-spline/op.js';
import type { SplineSpec } from '../kernels/rational-quadratic-spline/spec.js';
import type { Config } from '../module.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';
import { bounded, cut } from './parameters.js';
import { checkLeastSize, splineBox } from './spline-box.js';

/** Options of {@link ShiftedSpline}. */
export interface ShiftedSplineOptions {
  /** The spline acts on `[-tailBound, tailBound]`. Default: 0.5. */
  readonly tailBound?: number;
  /** Least width and height of a bin, as a fraction of the box. Default: 1e-3. */
  readonly minBinSize?: number;
  /** Least slope at the knot between the bins. Default: 1e-3. */
  readonly minDerivative?: number;
}

/** The log of the slope at the knot stays within ±10 or so, which changes nothing but keeps it finite. */
const LOG_SLOPE_BOUND = 10;

/**
 * A rational-quadratic spline of two bins and a shift, for couplings that are robust against contexts unlike those trained
 * on: data → base, `z = spline(y) + t`, with raw parameters `(w, h, d, t)`.
 *
 * In a box of width `2B` the first bin takes the fractions `m + (1 - 2m) σ(w)` of the width and `m + (1 - 2m) σ(h)` of the
 * height, and the knot has slope `δ + (1 - δ) exp(d)`, `d` kept within ±10 by a tanh. Outside it is the identity, and the slope is 1 at the ends. The
 * spline therefore moves no point by more than `2B`, and both directions obey
 *
 * `|out| ≤ |in| + |t| + 2B` for any parameters:
 *
 * a layer can only add to what passes through, where an affine one can multiply it, by up to `1 / least` or `exp(bound)` in
 * every layer. All raw parameters zero are the identity.
 *
 * Source: Hong, Park, Chun, "On the robustness of normalizing flows for inverse problems in imaging", 2023, section 4.
 *
 * @cost forward: formula; inverse: formula
 */
export class ShiftedSpline extends ElementwiseTransform {
  static override readonly className = 'ShiftedSpline';
  static override readonly samples = [
    () => new ShiftedSpline(),
    () => new ShiftedSpline({ tailBound: 2, minBinSize: 1e-2, minDerivative: 1e-2 }),
  ];

  readonly parameterCount = 4;
  readonly #spec: SplineSpec;
  readonly #config: Config;

  /** @throws FlowConfigError for a bound that is not positive, or a least size that leaves no room. */
  constructor({ tailBound = 0.5, minBinSize = 1e-3, minDerivative = 1e-3 }: ShiftedSplineOptions = {}) {
    super();
    const where = 'ShiftedSpline';
    const { low, high } = splineBox(where, { tailBound });
    checkLeastSize(where, 'minBinSize', minBinSize, 2);
    if (!(minDerivative > 0 && minDerivative < 1)) {
      throw new FlowConfigError(where, { expected: 'minDerivative between 0 and 1', got: String(minDerivative) });
    }
    const sizes = { minBinWidth: minBinSize, minBinHeight: minBinSize, minDerivative };
    this.#spec = { bins: 2, low, high, boundaries: 'linear', ...sizes, rawScale: 1, identityAtZero: false };
    this.#config = { tailBound, minBinSize, minDerivative };
  }

  /** Equal bins, slope 1, no shift. */
  identityParameters(): number[] {
    return [0, 0, 0, 0];
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    const { spline, shift } = this.#parameters(raw);
    return rationalQuadraticSplineOp(tf.sub(x, shift), spline, this.#spec, true);
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    const { spline, shift } = this.#parameters(raw);
    const { value, logDet } = rationalQuadraticSplineOp(y, spline, this.#spec, false);
    return { value: tf.add(value, shift), logDet };
  }

  getConfig(): Config {
    return this.#config;
  }

  /** Raw parameters of the general spline, `[n, 5]`, and shifts, `[n]`. */
  #parameters(raw: Tensor): { spline: Tensor; shift: Tensor } {
    const [width, height, slope, shift] = cut(raw, [1, 1, 1, 1]);
    const none = tf.zerosLike(width);
    // The softmax of (w, 0) is (σ(w), 1 - σ(w)).
    const spline = tf.concat([width, none, height, none, this.#rawSlope(slope)], 1);
    return { spline, shift: tf.reshape(shift, [-1]) };
  }

  /** The general spline makes its slopes by softplus: `softplus⁻¹(v) = v + log(1 - exp(-v))`, `v = (1 - δ) exp(d)`. */
  #rawSlope(d: Tensor): Tensor {
    const v = tf.mul(tf.exp(bounded(d, LOG_SLOPE_BOUND)), 1 - this.#spec.minDerivative);
    return tf.add(v, tf.log(tf.sub(1, tf.exp(tf.neg(v)))));
  }
}
