import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { clamp } from '../kernels/clamp/op.js';
import { logSoftmax } from '../kernels/log-sum-exp/op.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import { pick, selectBin } from './bins.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';
import { anyShape, binsOf, checkBins, inBox, splineBox, type SplineBox, type SplineBoxOptions } from './spline-box.js';

/** Options of {@link linearSpline}. */
export interface LinearSplineFunctionOptions extends SplineBoxOptions {
  /** Evaluate the inverse function. Default: false. */
  readonly inverse?: boolean;
}

/**
 * Piecewise linear map of each element, with `log |dy/dx|`: on equal bins of the box it is the cdf of the density
 * `bins · softmax(raw)`. Raw numbers more than 25 below the largest count as 25 below.
 *
 * Source: Müller et al., "Neural importance sampling", 2019, section 4.1.
 *
 * @param x any shape `S`
 * @param raw `[...S, bins]`
 * @throws FlowShapeError when shapes do not belong together
 * @throws FlowConfigError for an impossible option
 */
export function linearSpline(x: Tensor, raw: Tensor, options: LinearSplineFunctionOptions = {}): ElementwiseResult {
  const { inverse = false } = options;
  const box = splineBox('linearSpline', options);
  binsOf('linearSpline', raw, 1, 0);
  return anyShape('linearSpline', x, raw, (flat, parameters) => spline(flat, parameters, box, inverse));
}

/** Options of {@link LinearSpline}. */
export interface LinearSplineOptions extends SplineBoxOptions {
  /** Number of bins. Default: 8. */
  readonly bins?: number;
}

/**
 * Piecewise linear spline as the scalar map of a coupling or autoregressive layer. The box is cut into `bins` equal bins, one raw
 * parameter each; in a bin of width `w` and height `h` from `(X, Y)` on
 *
 * `inverse: z = Y + h (x - X) / w`, `dz/dx = h / w`.
 *
 * The formula runs data → base: the density of the data is piecewise constant, with jumps at the knots and, in general,
 * at the ends of the box.
 *
 * Source: Müller et al., "Neural importance sampling", 2019, section 4.1.
 *
 * @cost forward: formula; inverse: formula
 */
export class LinearSpline extends ElementwiseTransform {
  static override readonly className = 'LinearSpline';
  static override readonly samples = [
    () => new LinearSpline({ bins: 5 }),
    () => new LinearSpline({ bins: 1, tailBound: 2 }),
    () => new LinearSpline({ bins: 4, interval: [0, 1], boundaries: 'bounded' }),
  ];

  readonly parameterCount: number;
  readonly #box: SplineBox;
  readonly #config: Config;

  /** @throws FlowConfigError for an impossible option. */
  constructor(options: LinearSplineOptions = {}) {
    super();
    const { bins = 8 } = options;
    checkBins('LinearSpline', bins, 1);
    this.parameterCount = bins;
    this.#box = splineBox('LinearSpline', options);
    this.#config = { ...options };
  }

  /** Equal densities: exactly the identity. */
  identityParameters(): number[] {
    return Array<number>(this.parameterCount).fill(0);
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    return spline(x, raw, this.#box, true);
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    return spline(y, raw, this.#box, false);
  }

  getConfig(): Config {
    return this.#config;
  }
}

/** Least logarithm of a density, relative to the largest one: a density of zero has no inverse. */
const LEAST_LOG = -25;

function spline(x: Tensor, raw: Tensor, box: SplineBox, inverse: boolean): ElementwiseResult {
  const bins = raw.shape[1]!;
  return inBox(x, box, (u) => {
    const largest = withoutGradient([raw], (v) => tf.max(v, 1, true));
    const logHeights = logSoftmax(clamp(tf.sub(raw, largest), LEAST_LOG, 0));
    const heights = tf.exp(logHeights);
    const widths = tf.fill([raw.shape[0], bins], 1 / bins);
    const bin = selectBin(u, inverse ? heights : widths);
    const [left, bottom] = [pick(widths, bin.before), pick(heights, bin.before)];
    const height = pick(heights, bin.reached);
    const logDet = tf.add(pick(logHeights, bin.reached), Math.log(bins));
    if (inverse) {
      const part = clamp(tf.div(tf.sub(u, bottom), height), 0, 1);
      return { value: tf.add(left, tf.div(part, bins)), logDet: tf.neg(logDet) };
    }
    const part = clamp(tf.mul(tf.sub(u, left), bins), 0, 1);
    return { value: tf.add(bottom, tf.mul(part, height)), logDet };
  });
}
