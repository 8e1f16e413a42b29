import { FlowConfigError } from '../errors.js';
import { checkLogWeights, logSumExp, type LogWeights } from './log-weights.js';

/** Options of {@link paretoSmoothedLogWeights}. */
export interface ParetoSmoothingOptions {
  /** Independent draws that one is worth, for draws of a Markov chain: their effective size over their number. Default: 1. */
  readonly relativeEfficiency?: number;
}

/** What {@link paretoSmoothedLogWeights} finds. */
export interface ParetoSmoothedWeights {
  /** Of smoothed weights that sum to one. */
  readonly logWeights: Float64Array;
  /**
   * Shape `k̂` of the generalised Pareto distribution that fits the tail of the weights: they have finite moments up to
   * order `1/k̂`. Below 0.5 estimates converge fast, up to 0.7 usably; beyond, do not trust them.
   */
  readonly shape: number;
  /** Largest weights that were replaced. */
  readonly tail: number;
}

/** Fewest weights in a tail to which a distribution can be fitted. */
const LEAST_TAIL = 5;

/**
 * Pareto-smoothed importance weights: the largest are replaced by the quantiles of a generalised Pareto distribution fitted
 * to them, and never exceed the largest raw weight.
 *
 * Sources: Vehtari, Simpson, Gelman, Yao and Gabry, "Pareto smoothed importance sampling", 2024; the fit is that of Zhang
 * and Stephens, "A new and efficient estimation method for the generalized Pareto distribution", 2009, with its shape drawn
 * towards 0.5 by a prior worth ten observations.
 *
 * @throws FlowDataError for weights that are not numbers, or all zero.
 * @throws FlowConfigError for a relative efficiency that is not positive.
 */
export function paretoSmoothedLogWeights(
  logWeights: LogWeights,
  { relativeEfficiency = 1 }: ParetoSmoothingOptions = {},
): ParetoSmoothedWeights {
  const where = 'paretoSmoothedLogWeights';
  checkLogWeights(where, logWeights);
  if (!(relativeEfficiency > 0 && relativeEfficiency < Infinity)) {
    throw new FlowConfigError(`${where}.relativeEfficiency`, {
      expected: 'a positive number',
      got: String(relativeEfficiency),
    });
  }
  const { length } = logWeights;
  const highest = Array.from(logWeights).reduce((a, b) => Math.max(a, b));
  const shifted = Float64Array.from(logWeights, (value) => value - highest);
  const tail = Math.ceil(Math.min(0.2 * length, 3 * Math.sqrt(length / relativeEfficiency)));
  const shape = tail < LEAST_TAIL ? Infinity : smoothTail(shifted, tail);
  const total = logSumExp(shifted);
  return { logWeights: shifted.map((value) => value - total), shape, tail: Number.isFinite(shape) ? tail : 0 };
}

/** Replaces the largest `count` of the log-weights, none of them positive; returns the shape of their tail. */
function smoothTail(logWeights: Float64Array, count: number): number {
  const order = Array.from(logWeights.keys()).sort((a, b) => logWeights[a] - logWeights[b]);
  const rows = order.slice(-count);
  const cutoff = Math.max(logWeights[order[order.length - count - 1]], Math.log(Number.MIN_VALUE));
  const base = Math.exp(cutoff);
  const excesses = rows.map((row) => Math.exp(logWeights[row]) - base);
  // A tail of equal weights has no shape, and needs no smoothing.
  if (excesses[count - 1] - excesses[0] <= Number.EPSILON) return Infinity;
  const { shape, scale } = fitGeneralizedPareto(excesses);
  if (!Number.isFinite(shape)) return Infinity;
  rows.forEach((row, i) => {
    const smoothed = base + quantile((i + 0.5) / count, shape, scale);
    logWeights[row] = Math.min(0, Math.log(smoothed));
  });
  return shape;
}

/** Shape and scale of a generalised Pareto distribution, from ascending positive numbers. */
export function fitGeneralizedPareto(ascending: readonly number[]): { shape: number; scale: number } {
  const n = ascending.length;
  const candidates = 30 + Math.floor(Math.sqrt(n));
  const quartile = Math.max(ascending[Math.floor(n / 4 + 0.5) - 1], Number.MIN_VALUE);
  const thetas = Float64Array.from({ length: candidates }, (_, j) => {
    return 1 / ascending[n - 1] + (1 - Math.sqrt(candidates / (j + 0.5))) / (3 * quartile);
  });
  const shapeAt = (theta: number) => ascending.reduce((sum, x) => sum + Math.log1p(-theta * x), 0) / n;
  const profile = thetas.map((theta) => {
    const shape = shapeAt(theta);
    return n * (Math.log(-theta / shape) - shape - 1);
  });
  const total = logSumExp(profile);
  const theta = thetas.reduce((sum, value, j) => sum + value * Math.exp(profile[j] - total), 0);
  const raw = shapeAt(theta);
  return { shape: (n * raw + 10 * 0.5) / (n + 10), scale: -raw / theta };
}

function quantile(p: number, shape: number, scale: number): number {
  const rate = -Math.log1p(-p);
  return shape === 0 ? scale * rate : (scale * Math.expm1(shape * rate)) / shape;
}
