import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { clamp } from '../kernels/clamp/op.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import { binSizes, pick, pickEnds, selectBin } from './bins.js';
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

/** Shape of a quadratic spline, apart from its bins' parameters. */
export interface QuadraticSplineShape extends SplineBoxOptions {
  /** Least bin width as a fraction of the box. Default: 1e-3. */
  readonly minBinWidth?: number;
  /** Least density, where 1 is the uniform one. Default: 1e-3. */
  readonly minBinHeight?: number;
}

/** Options of {@link quadraticSpline}. */
export interface QuadraticSplineFunctionOptions extends QuadraticSplineShape {
  /** Evaluate the inverse function. Default: false. */
  readonly inverse?: boolean;
}

/**
 * Monotone piecewise quadratic map of each element, with `log |dy/dx|`: the cdf of a piecewise linear density on the box.
 *
 * Bin widths are `min + (1 - bins · min) softmax(raw)`; densities at the knots are `exp(raw)`, scaled to area 1 and mixed
 * with `minBinHeight` of the uniform density. With linear tails both outer densities are 1, so that the map is
 * continuously differentiable everywhere.
 *
 * Source: Müller et al., "Neural importance sampling", 2019, section 4.2; tails after Durkan et al., "Neural Spline
 * Flows", 2019, with the outer densities solved from the area.
 *
 * @param x any shape `S`
 * @param raw `[...S, 2 bins - 1]` with linear tails, `[...S, 2 bins + 1]` when bounded: widths, then densities
 * @throws FlowShapeError when shapes do not belong together
 * @throws FlowConfigError for an impossible option, such as `bins · minBinWidth >= 1`
 */
export function quadraticSpline(
  x: Tensor,
  raw: Tensor,
  options: QuadraticSplineFunctionOptions = {},
): ElementwiseResult {
  const where = 'quadraticSpline';
  const bins = binsOf(where, raw, 2, options.boundaries === 'bounded' ? 1 : -1);
  const spec = quadraticSpec(where, { ...options, bins });
  return anyShape(where, x, raw, (flat, parameters) => spline(flat, parameters, spec, options.inverse ?? false));
}

/** Options of {@link QuadraticSpline}. */
export interface QuadraticSplineOptions extends QuadraticSplineShape {
  /** Number of bins, at least 3 with linear tails: fewer could only be the identity. Default: 8. */
  readonly bins?: number;
}

/**
 * Monotone quadratic spline as the scalar map of a coupling or autoregressive layer. In a bin of width `w` from `(X, Y)` on,
 * with slopes `v₀` and `v₁` at its ends and `ξ = (x - X) / w`,
 *
 * `inverse: z = Y + w (v₀ ξ + (v₁ - v₀) ξ² / 2)`, `dz/dx = v₀ (1 - ξ) + v₁ ξ`.
 *
 * The formula runs data → base: the density of the data is piecewise linear. `forward` solves one quadratic equation.
 *
 * Source: Müller et al., "Neural importance sampling", 2019, section 4.2.
 *
 * @cost forward: formula; inverse: formula
 */
export class QuadraticSpline extends ElementwiseTransform {
  static override readonly className = 'QuadraticSpline';
  static override readonly samples = [
    () => new QuadraticSpline({ bins: 5 }),
    () => new QuadraticSpline({ bins: 3, tailBound: 2, minBinHeight: 0.05 }),
    () => new QuadraticSpline({ bins: 4, interval: [0, 1], boundaries: 'bounded' }),
  ];

  readonly parameterCount: number;
  readonly #spec: QuadraticSpec;
  readonly #config: Config;

  /** @throws FlowConfigError for an impossible option. */
  constructor(options: QuadraticSplineOptions = {}) {
    super();
    this.#spec = quadraticSpec('QuadraticSpline', options);
    const { bins, box } = this.#spec;
    this.parameterCount = box.boundaries === 'linear' ? 2 * bins - 1 : 2 * bins + 1;
    this.#config = { ...options };
  }

  /** Equal bins and densities: exactly the identity. */
  identityParameters(): number[] {
    return Array<number>(this.parameterCount).fill(0);
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

interface QuadraticSpec {
  readonly bins: number;
  readonly box: SplineBox;
  readonly minBinWidth: number;
  readonly minBinHeight: number;
}

function quadraticSpec(where: string, options: QuadraticSplineOptions): QuadraticSpec {
  const { bins = 8, minBinWidth = 1e-3, minBinHeight = 1e-3 } = options;
  const box = splineBox(where, options);
  checkBins(where, bins, box.boundaries === 'linear' ? 3 : 1);
  checkLeastSize(where, 'minBinWidth', minBinWidth, bins);
  if (!(minBinHeight > 0 && minBinHeight < 1)) {
    throw new FlowConfigError(where, { expected: 'minBinHeight between 0 and 1', got: String(minBinHeight) });
  }
  return { bins, box, minBinWidth, minBinHeight };
}

/**
 * In a bin of width `w` with densities `v₀`, `v₁` at its ends and `α` the position in it:
 * `y = C + w (v₀ α + (v₁ - v₀) α² / 2)` and `dy/dx = v₀ (1 - α) + v₁ α`.
 */
function spline(x: Tensor, raw: Tensor, spec: QuadraticSpec, inverse: boolean): ElementwiseResult {
  const { bins, box, minBinWidth } = spec;
  return inBox(x, box, (u) => {
    const widths = binSizes(tf.slice(raw, [0, 0], [-1, bins]), minBinWidth);
    const densities = knotDensities(raw, widths, spec);
    const areas = tf.mul(widths, meanOfNeighbours(densities));
    const bin = selectBin(u, inverse ? areas : widths);
    const [v0, v1] = pickEnds(densities, bin);
    const [left, bottom] = [pick(widths, bin.before), pick(areas, bin.before)];
    const [w, area] = [pick(widths, bin.reached), pick(areas, bin.reached)];
    const alpha = inverse
      ? root(clamp(tf.div(tf.sub(u, bottom), area), 0, 1), v0, v1)
      : clamp(tf.div(tf.sub(u, left), w), 0, 1);
    const logDet = tf.log(tf.add(tf.mul(v0, tf.sub(1, alpha)), tf.mul(v1, alpha)));
    if (inverse) return { value: tf.add(left, tf.mul(w, alpha)), logDet: tf.neg(logDet) };
    const half = tf.mul(alpha, 0.5);
    const mean = tf.add(tf.mul(v0, tf.sub(1, half)), tf.mul(v1, half));
    return { value: tf.add(bottom, tf.mul(tf.mul(w, alpha), mean)), logDet };
  });
}

/**
 * Position in a bin at which the share `β` of its area is passed: the root of `v₀ α + (v₁ - v₀) α² / 2 = β (v₀ + v₁) / 2`
 * in the form that has no 0/0 for equal densities. The discriminant is the square of the density at the root.
 */
function root(beta: Tensor, v0: Tensor, v1: Tensor): Tensor {
  const discriminant = tf.add(tf.mul(tf.square(v0), tf.sub(1, beta)), tf.mul(tf.square(v1), beta));
  return tf.div(tf.mul(beta, tf.add(v0, v1)), tf.add(v0, tf.sqrt(discriminant)));
}

/** Densities at all knots, `[n, bins + 1]`; the trapezia below them have area 1. */
function knotDensities(raw: Tensor, widths: Tensor, { bins, box, minBinHeight }: QuadraticSpec): Tensor {
  const logits = tf.slice(raw, [0, bins], [-1, -1]);
  // Only ratios count: dividing all by the largest keeps the exponentials in range.
  const largest = withoutGradient([logits], (v) => tf.max(v, 1, true));
  const free = tf.exp(tf.sub(logits, largest));
  const normalised =
    box.boundaries === 'linear'
      ? tf.pad(tf.div(free, areaWithTails(free, widths)), [[0, 0], [1, 1]], 1) // prettier-ignore
      : tf.div(free, areaBelow(free, widths));
  return tf.add(tf.mul(normalised, 1 - minBinHeight), minBinHeight);
}

/**
 * Area `c` below densities `e₁ ... e_{K-1}` at the inner knots when both outer densities are `c` themselves, so that they
 * are 1, the slope of the tails, once all are divided by the area. With `A` the area for outer densities of zero,
 * `c = A + c W₁ / 2 + c W_K / 2`.
 */
function areaWithTails(inner: Tensor, widths: Tensor): Tensor {
  const bins = widths.shape[1]!;
  const area = areaBelow(tf.pad(inner, [[0, 0], [1, 1]]), widths); // prettier-ignore
  const outer = tf.add(tf.slice(widths, [0, 0], [-1, 1]), tf.slice(widths, [0, bins - 1], [-1, 1]));
  return tf.div(area, tf.sub(1, tf.mul(outer, 0.5)));
}

/** Area of the trapezia below the densities at all knots, `[n, 1]`. */
function areaBelow(densities: Tensor, widths: Tensor): Tensor {
  return tf.sum(tf.mul(widths, meanOfNeighbours(densities)), 1, true);
}

/** `[n, k + 1]` → `[n, k]`: the mean of each entry and the next. */
function meanOfNeighbours(x: Tensor): Tensor {
  const count = x.shape[1]! - 1;
  return tf.mul(tf.add(tf.slice(x, [0, 0], [-1, count]), tf.slice(x, [0, 1], [-1, count])), 0.5);
}
