/** How a spline goes on outside of its box. */
export type SplineBoundaries = 'linear' | 'bounded' | 'circular';

/** A family of rational-quadratic splines: everything about them except the parameters. */
export interface SplineSpec {
  readonly bins: number;
  /** The box: `[low, high]` is mapped onto itself. */
  readonly low: number;
  readonly high: number;
  /**
   * `linear`: identity outside, slope 1 at both ends. `bounded`: free end slopes, continued by straight lines.
   * `circular`: periodic with the length of the box, one slope shared by both ends.
   */
  readonly boundaries: SplineBoundaries;
  /** Least width and height of a bin, as fractions of the box. */
  readonly minBinWidth: number;
  readonly minBinHeight: number;
  /** Least slope at a knot. */
  readonly minDerivative: number;
  /** Factor on raw widths and heights before the softmax; `1 / sqrt(hidden width)` in Neural Spline Flows. */
  readonly rawScale: number;
  /** Slopes as `minDerivative + softplus(b u) / b` with `b` such that `u = 0` gives slope 1. */
  readonly identityAtZero: boolean;
}

/** A spline, and the direction to run it in. */
export interface SplineAttributes extends SplineSpec {
  /** Solve `y(x) = input` instead; the log-derivative is then `log dx/dy`. */
  readonly inverse: boolean;
}

/** Number of knot slopes that are parameters. */
export function derivativeCount({ bins, boundaries }: SplineSpec): number {
  return { linear: bins - 1, bounded: bins + 1, circular: bins }[boundaries];
}

/** Raw parameters per scalar: widths, heights, slopes. */
export function splineParameterCount(spec: SplineSpec): number {
  return 2 * spec.bins + derivativeCount(spec);
}

/** The factor `b` in `slope = minDerivative + softplus(b u) / b`. */
export function slopeSharpness({ identityAtZero, minDerivative }: SplineSpec): number {
  return identityAtZero ? Math.LN2 / (1 - minDerivative) : 1;
}
