import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Interval } from '../interval.js';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import { rationalQuadraticSplineOp } from '../kernels/rational-quadratic-spline/op.js';
import {
  derivativeCount,
  splineParameterCount,
  type SplineBoundaries,
  type SplineSpec,
} from '../kernels/rational-quadratic-spline/spec.js';
import type { Config } from '../module.js';
import { formatShape, sameShape, sizeOf, type Shape } from '../shapes.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';

/** Shape of a rational-quadratic spline, apart from its bins' parameters. */
export interface RationalQuadraticSplineShape {
  /** The spline acts on `[-tailBound, tailBound]`. Default: 3. */
  readonly tailBound?: number;
  /** The spline acts on `[low, high]` instead, and maps it onto itself. */
  readonly interval?: Interval;
  /**
   * What happens at and beyond the ends. `linear` (default): identity outside, slope 1 at the ends. `bounded`: free end
   * slopes, continued by straight lines. `circular`: periodic, for angles.
   */
  readonly boundaries?: SplineBoundaries;
  /** Least bin width as a fraction of the interval. Default: 1e-3. */
  readonly minBinWidth?: number;
  /** Least bin height as a fraction of the interval. Default: 1e-3. */
  readonly minBinHeight?: number;
  /** Least slope at a knot. Default: 1e-3. */
  readonly minDerivative?: number;
  /** Let raw slopes of zero mean slope 1, so that all-zero parameters are the identity. Default: false. */
  readonly identityAtZero?: boolean;
}

/** Options of {@link rationalQuadraticSpline}. */
export interface RationalQuadraticSplineOptions extends RationalQuadraticSplineShape {
  /** Evaluate the inverse function. Default: false. */
  readonly inverse?: boolean;
}

/**
 * Monotone rational-quadratic spline of each element, with `log |dy/dx|`: the building block on its own.
 *
 * Widths and heights are `min + (1 - bins · min) softmax(raw)` of the interval, knot slopes `min + softplus(raw)`.
 * Source: Durkan et al., "Neural Spline Flows", 2019, section 3.1.
 *
 * @param x any shape `S`
 * @param rawWidths `[...S, bins]`
 * @param rawHeights `[...S, bins]`
 * @param rawDerivatives `[...S, m]` with `m` = bins - 1 (linear), bins + 1 (bounded) or bins (circular)
 * @returns `value` and `logDet` of shape `S`; with `inverse`, the inverse's value and log-derivative
 * @throws FlowShapeError when shapes do not belong together
 * @throws FlowConfigError for an impossible option, such as `bins · minBinWidth >= 1`
 */
export function rationalQuadraticSpline(
  x: Tensor,
  rawWidths: Tensor,
  rawHeights: Tensor,
  rawDerivatives: Tensor,
  options: RationalQuadraticSplineOptions = {},
): ElementwiseResult {
  const where = 'rationalQuadraticSpline';
  const bins = rawWidths.shape.at(-1) ?? 0;
  const spec = splineSpec(where, { ...options, bins });
  checkParameters('rawWidths', rawWidths, bins);
  checkParameters('rawHeights', rawHeights, bins);
  checkParameters('rawDerivatives', rawDerivatives, derivativeCount(spec));
  const [value, logDet] = tf.tidy(() => {
    const raw = tf.concat([rawWidths, rawHeights, rawDerivatives], x.rank);
    const flat = rationalQuadraticSplineOp(
      tf.reshape(x, [-1]),
      tf.reshape(raw, [sizeOf(x.shape), splineParameterCount(spec)]),
      spec,
      options.inverse ?? false,
    );
    return [tf.reshape(flat.value, x.shape), tf.reshape(flat.logDet, x.shape)];
  });
  return { value, logDet };

  function checkParameters(name: string, tensor: Tensor, count: number): void {
    const wanted: Shape = [...x.shape, count];
    if (!sameShape(tensor.shape, wanted)) {
      throw new FlowShapeError(where, {
        expected: `${name} of shape ${formatShape(wanted)}`,
        got: formatShape(tensor.shape),
        hint: 'Give every element of x parameters of its own, along one last axis.',
      });
    }
  }
}

/** Options of {@link RationalQuadraticSpline}. */
export interface RationalQuadraticSplineTransformOptions extends RationalQuadraticSplineShape {
  /** Number of bins. Default: 8. */
  readonly bins?: number;
  /** Factor on raw widths and heights; Neural Spline Flows use `1 / sqrt(hidden width)`. Default: 1. */
  readonly rawScale?: number;
}

/**
 * Monotone rational-quadratic spline as the scalar map of a coupling or autoregressive layer. In a bin of width `w` and height
 * `h` from `(X, Y)` on, with slopes `d₀` and `d₁` at its ends, `s = h / w`, `ξ = (x - X) / w` and `q = ξ (1 - ξ)`,
 *
 * `inverse: z = Y + h (s ξ² + d₀ q) / (s + (d₀ + d₁ - 2 s) q)`.
 *
 * The formula runs data → base, as in the paper, so that training needs no roots; `forward` (base → data) solves one
 * quadratic equation.
 *
 * Source: Durkan, Bekasov, Murray, Papamakarios, "Neural spline flows", 2019, section 3.1.
 *
 * @cost forward: formula; inverse: formula
 */
export class RationalQuadraticSpline extends ElementwiseTransform {
  static override readonly className = 'RationalQuadraticSpline';
  static override readonly samples = [
    () => new RationalQuadraticSpline({ bins: 5 }),
    () => new RationalQuadraticSpline({ bins: 2, tailBound: 2 }),
    () => new RationalQuadraticSpline({ bins: 8, tailBound: 5, rawScale: 0.25, identityAtZero: true }),
    () => new RationalQuadraticSpline({ bins: 4, interval: [0, 1], boundaries: 'bounded', minBinHeight: 1e-2 }),
    () => new RationalQuadraticSpline({ bins: 6, tailBound: Math.PI, boundaries: 'circular' }),
  ];

  readonly parameterCount: number;
  readonly #spec: SplineSpec;
  readonly #config: Config;

  /** @throws FlowConfigError for an impossible option. */
  constructor(options: RationalQuadraticSplineTransformOptions = {}) {
    super();
    this.#spec = splineSpec('RationalQuadraticSpline', options);
    this.parameterCount = splineParameterCount(this.#spec);
    this.#config = { ...options };
  }

  /** Equal bins and slopes of 1: exactly the identity. */
  identityParameters(): number[] {
    const { bins, identityAtZero, minDerivative } = this.#spec;
    const slope = identityAtZero ? 0 : Math.log(Math.expm1(1 - minDerivative));
    const slopes = Array<number>(derivativeCount(this.#spec)).fill(slope);
    return [...Array<number>(2 * bins).fill(0), ...slopes];
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    return rationalQuadraticSplineOp(x, raw, this.#spec, true);
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    return rationalQuadraticSplineOp(y, raw, this.#spec, false);
  }

  getConfig(): Config {
    return this.#config;
  }
}

/** Fills in defaults and refuses what cannot be a spline. */
function splineSpec(where: string, options: RationalQuadraticSplineTransformOptions): SplineSpec {
  const { bins = 8, tailBound = 3, boundaries = 'linear', identityAtZero = false, rawScale = 1 } = options;
  const { minBinWidth = 1e-3, minBinHeight = 1e-3, minDerivative = 1e-3 } = options;
  const [low, high] = options.interval ?? [-tailBound, tailBound];
  const refuse = (expected: string, got: unknown, hint?: string): never => {
    throw new FlowConfigError(where, { expected, got: String(got), ...(hint ? { hint } : {}) });
  };
  if (!Number.isInteger(bins) || bins < 2) refuse('bins: a whole number, at least 2', bins);
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    refuse('a finite interval with low < high (tailBound > 0)', `[${low}, ${high}]`);
  }
  if (!['linear', 'bounded', 'circular'].includes(boundaries)) {
    refuse("boundaries: 'linear', 'bounded' or 'circular'", `'${boundaries}'`);
  }
  for (const [name, least] of Object.entries({ minBinWidth, minBinHeight })) {
    if (!(least > 0 && least * bins < 1)) {
      refuse(`${name} > 0 with bins · ${name} < 1`, `${bins} · ${least} = ${bins * least}`, 'Use fewer bins or a smaller minimum.'); // prettier-ignore
    }
  }
  if (!(minDerivative > 0 && minDerivative < 1)) refuse('minDerivative between 0 and 1', minDerivative);
  if (!(rawScale > 0)) refuse('rawScale > 0', rawScale);
  return { bins, low, high, boundaries, minBinWidth, minBinHeight, minDerivative, rawScale, identityAtZero };
}
