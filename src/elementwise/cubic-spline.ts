import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { clamp } from '../kernels/clamp/op.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import { binSizes, lesser, pick, pickEnds, selectBin } from './bins.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';
import {
  anyShape,
  binsOf,
  checkBins,
  checkLeastSize,
  inBox,
  splineBox,
  type SplineBox,
  type SplineBoxOptions,
} from './spline-box.js';

/** Shape of a cubic spline, apart from its bins' parameters. */
export interface CubicSplineShape extends SplineBoxOptions {
  /** Least bin width as a fraction of the box. Default: 1e-3. */
  readonly minBinWidth?: number;
  /** Least bin height as a fraction of the box. Default: 1e-3. */
  readonly minBinHeight?: number;
}

/** Options of {@link cubicSpline}. */
export interface CubicSplineFunctionOptions extends CubicSplineShape {
  /** Evaluate the inverse function. Default: false. */
  readonly inverse?: boolean;
}

/**
 * Monotone piecewise cubic map of each element, with `log |dy/dx|`.
 *
 * Widths and heights are `min + (1 - bins · min) softmax(raw)` of the box. With `s_k` the mean slope of bin `k`, the slope
 * at an inner knot is `2 min(s_{k-1}, s_k, (w_k s_{k-1} + w_{k-1} s_k) / (2 (w_{k-1} + w_k)))`, which keeps the cubic
 * monotone (Steffen, 1990); at the ends of the box it is `3 s σ(raw)`, with raw numbers beyond ±10 cut off.
 *
 * Source: Durkan et al., "Cubic-spline flows", 2019.
 *
 * @param x any shape `S`
 * @param raw `[...S, 2 bins + 2]`: widths, heights, slope at the left and at the right end
 * @throws FlowShapeError when shapes do not belong together
 * @throws FlowConfigError for an impossible option, such as `bins · minBinWidth >= 1`
 */
export function cubicSpline(x: Tensor, raw: Tensor, options: CubicSplineFunctionOptions = {}): ElementwiseResult {
  const bins = binsOf('cubicSpline', raw, 2, 2);
  const spec = cubicSpec('cubicSpline', { ...options, bins });
  return anyShape('cubicSpline', x, raw, (flat, parameters) =>
    spline(flat, parameters, spec, options.inverse ?? false),
  );
}

/** Options of {@link CubicSpline}. */
export interface CubicSplineOptions extends CubicSplineShape {
  /** Number of bins. Default: 8. */
  readonly bins?: number;
}

/**
 * Monotone cubic spline as the scalar map of a coupling or autoregressive layer; `2 bins + 2` raw parameters. In a bin of width
 * `w` and height `h` from `(X, Y)` on, with slopes `d₀ h / w` and `d₁ h / w` at its ends and `ξ = (x - X) / w`,
 *
 * `inverse: z = Y + h (d₀ ξ (1 - ξ)² + (3 - d₁) ξ² (1 - ξ) + ξ³)`.
 *
 * The formula runs data → base. With linear tails the density of the data jumps at the ends of the box, since the end
 * slopes are free. `forward` finds its root by a search, which costs more than the other splines' closed forms.
 *
 * Source: Durkan et al., "Cubic-spline flows", 2019.
 *
 * @cost forward: numeric (inside of a bin, always ends); inverse: formula
 */
export class CubicSpline extends ElementwiseTransform {
  static override readonly className = 'CubicSpline';
  static override readonly samples = [
    () => new CubicSpline({ bins: 5 }),
    () => new CubicSpline({ bins: 1, tailBound: 2 }),
    () => new CubicSpline({ bins: 4, interval: [0, 1], boundaries: 'bounded', minBinHeight: 1e-2 }),
  ];

  readonly parameterCount: number;
  readonly #spec: CubicSpec;
  readonly #config: Config;

  /** @throws FlowConfigError for an impossible option. */
  constructor(options: CubicSplineOptions = {}) {
    super();
    this.#spec = cubicSpec('CubicSpline', options);
    this.parameterCount = 2 * this.#spec.bins + 2;
    this.#config = { ...options };
  }

  /** Equal bins and end slopes of 1: the identity. */
  identityParameters(): number[] {
    const slope = -Math.LN2;
    return [...Array<number>(2 * this.#spec.bins).fill(0), slope, slope];
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    return spline(x, raw, this.#spec, true);
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    return spline(y, raw, this.#spec, false);
  }

  getConfig(): Config {
    return this.#config;
  }
}

interface CubicSpec {
  readonly bins: number;
  readonly box: SplineBox;
  readonly minBinWidth: number;
  readonly minBinHeight: number;
}

function cubicSpec(where: string, options: CubicSplineOptions): CubicSpec {
  const { bins = 8, minBinWidth = 1e-3, minBinHeight = 1e-3 } = options;
  checkBins(where, bins, 1);
  checkLeastSize(where, 'minBinWidth', minBinWidth, bins);
  checkLeastSize(where, 'minBinHeight', minBinHeight, bins);
  return { bins, box: splineBox(where, options), minBinWidth, minBinHeight };
}

function spline(x: Tensor, raw: Tensor, spec: CubicSpec, inverse: boolean): ElementwiseResult {
  const { bins, box, minBinWidth, minBinHeight } = spec;
  return inBox(x, box, (u) => {
    const widths = binSizes(tf.slice(raw, [0, 0], [-1, bins]), minBinWidth);
    const heights = binSizes(tf.slice(raw, [0, bins], [-1, bins]), minBinHeight);
    const bin = selectBin(u, inverse ? heights : widths);
    const [left, bottom] = [pick(widths, bin.before), pick(heights, bin.before)];
    const [w, h] = [pick(widths, bin.reached), pick(heights, bin.reached)];
    const s = tf.div(h, w);
    const slopes = knotSlopes(tf.div(heights, widths), widths, tf.slice(raw, [0, 2 * bins], [-1, 2]));
    const [d0, d1] = pickEnds(slopes, bin).map((slope) => tf.div(slope, s)) as [Tensor, Tensor];
    const part = tf.div(inverse ? tf.sub(u, bottom) : tf.sub(u, left), inverse ? h : w);
    const xi = inverse ? root(clamp(part, 0, 1), d0, d1) : clamp(part, 0, 1);
    const logDet = tf.log(tf.mul(s, unitSlope(xi, d0, d1)));
    if (inverse) return { value: tf.add(left, tf.mul(w, xi)), logDet: tf.neg(logDet) };
    return { value: tf.add(bottom, tf.mul(h, unitCubic(xi, d0, d1))), logDet };
  });
}

/**
 * The cubic from (0, 0) to (1, 1) with end slopes `d₀`, `d₁`, in Bernstein form:
 * `d₀ ξ (1 - ξ)² + (3 - d₁) ξ² (1 - ξ) + ξ³`. No term is negative, so that none cancels another.
 */
function unitCubic(xi: Tensor, d0: Tensor, d1: Tensor): Tensor {
  const rest = tf.sub(1, xi);
  const square = tf.square(xi);
  const first = tf.mul(tf.mul(d0, xi), tf.square(rest));
  const second = tf.mul(tf.mul(tf.sub(3, d1), square), rest);
  return tf.add(tf.add(first, second), tf.mul(square, xi));
}

/** Its slope, `d₀ (1 - ξ)² + 2 (3 - d₀ - d₁) ξ (1 - ξ) + d₁ ξ²`. */
function unitSlope(xi: Tensor, d0: Tensor, d1: Tensor): Tensor {
  const rest = tf.sub(1, xi);
  const middle = tf.mul(tf.sub(tf.sub(3, d0), d1), 2);
  const ends = tf.add(tf.mul(d0, tf.square(rest)), tf.mul(d1, tf.square(xi)));
  return tf.add(ends, tf.mul(tf.mul(middle, xi), rest));
}

/** Ten halvings and ten Newton steps: more than float32 can tell apart, unless the cubic is all but flat. */
const SEARCH_STEPS = 20;

/**
 * Solves `unitCubic(ξ) = target`. The formula of Cardano cancels badly in float32; a search does not.
 *
 * The search leaves no trace on a gradient tape. Two Newton steps from its result, which hardly move it, carry the
 * derivatives of the root instead: exact up to third order, since each step doubles the number of correct terms.
 */
function root(target: Tensor, d0: Tensor, d1: Tensor): Tensor {
  const found = withoutGradient([target, d0, d1], search);
  const refined = newtonStep(newtonStep(found, target, d0, d1), target, d0, d1);
  return clamp(refined, 0, 1);
}

function newtonStep(xi: Tensor, target: Tensor, d0: Tensor, d1: Tensor): Tensor {
  return tf.sub(xi, tf.div(tf.sub(unitCubic(xi, d0, d1), target), unitSlope(xi, d0, d1)));
}

/** Bisection and Newton's method by turns; a Newton step out of the bracket is replaced by a bisection. */
function search(target: Tensor, d0: Tensor, d1: Tensor): Tensor {
  let low = tf.zerosLike(target);
  let high = tf.onesLike(target);
  let xi = target;
  for (let step = 0; step < SEARCH_STEPS; step++) {
    const above = tf.greater(unitCubic(xi, d0, d1), target);
    low = tf.where(above, low, xi);
    high = tf.where(above, xi, high);
    const middle = tf.mul(tf.add(low, high), 0.5);
    if (step % 2) {
      xi = middle;
    } else {
      const newton = newtonStep(xi, target, d0, d1);
      xi = tf.where(tf.logicalAnd(tf.greaterEqual(newton, low), tf.lessEqual(newton, high)), newton, middle);
    }
  }
  return xi;
}

/** Raw end slopes are cut off here, where 3 σ is within 1e-4 of its limits: a slope of zero has no inverse. */
const END_LIMIT = 10;

/** Slopes at all knots, `[n, bins + 1]`. */
function knotSlopes(s: Tensor, widths: Tensor, rawEnds: Tensor): Tensor {
  const bins = s.shape[1]!;
  const share = tf.mul(tf.sigmoid(clamp(rawEnds, -END_LIMIT, END_LIMIT)), 3);
  const first = tf.mul(tf.slice(share, [0, 0], [-1, 1]), tf.slice(s, [0, 0], [-1, 1]));
  const last = tf.mul(tf.slice(share, [0, 1], [-1, 1]), tf.slice(s, [0, bins - 1], [-1, 1]));
  if (bins === 1) return tf.concat([first, last], 1);
  const [sBefore, sAfter] = neighbours(s);
  const [wBefore, wAfter] = neighbours(widths);
  // Slope, at the middle one of three knots, of the parabola through them.
  const parabola = tf.div(tf.add(tf.mul(wAfter, sBefore), tf.mul(wBefore, sAfter)), tf.add(wBefore, wAfter));
  const inner = lesser(tf.mul(lesser(sBefore, sAfter), 2), parabola);
  return tf.concat([first, inner, last], 1);
}

/** All entries of a row but the last, and all but the first. */
function neighbours(x: Tensor): [before: Tensor, after: Tensor] {
  const count = x.shape[1]! - 1;
  return [tf.slice(x, [0, 0], [-1, count]), tf.slice(x, [0, 1], [-1, count])];
}
