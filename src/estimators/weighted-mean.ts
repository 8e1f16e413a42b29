import { FlowShapeError } from '../errors.js';
import { checkFinite, checkLogWeights, normalize, type LogWeights } from './log-weights.js';

/** A number and its uncertainty. */
export interface Estimate {
  /** The weighted mean. */
  readonly value: number;
  /** One standard deviation of the value over repetitions. */
  readonly standardError: number;
}

/**
 * Self-normalised importance sampling: `⟨h⟩ = Σ w h / Σ w`, with the standard error `√(Σ w̄² (h - ⟨h⟩)²)` of the delta method.
 *
 * Source: Owen, "Monte Carlo theory, methods and examples", 2013, section 9.2.
 *
 * @param values `h(x)` at each draw
 * @param logWeights of the same draws
 * @throws FlowShapeError when there is not one weight a value.
 * @throws FlowDataError for values that are not finite, or weights that are not numbers or all zero.
 */
export function weightedMean(values: ArrayLike<number>, logWeights: LogWeights): Estimate {
  const where = 'weightedMean';
  checkSameLength(where, values, logWeights);
  checkFinite(where, values, 'values');
  checkLogWeights(where, logWeights);
  const weights = normalize(logWeights);
  let value = 0;
  for (let i = 0; i < weights.length; i++) value += weights[i] * values[i];
  let variance = 0;
  for (let i = 0; i < weights.length; i++) variance += (weights[i] * (values[i] - value)) ** 2;
  return { value, standardError: Math.sqrt(variance) };
}

/** @throws FlowShapeError when there is not one weight a value. */
export function checkSameLength(where: string, values: ArrayLike<number>, logWeights: ArrayLike<number>): void {
  if (values.length === logWeights.length) return;
  throw new FlowShapeError(where, {
    expected: `one weight for each of ${values.length} values`,
    got: String(logWeights.length),
  });
}
