import { FlowConfigError } from '../errors.js';
import { checkFinite, checkLogWeights, logSumExp, normalize, type LogWeights } from './log-weights.js';

/** How an effective sample size is counted. */
export type EffectiveSampleSizeKind = 'kish' | 'perplexity';

/** Options of {@link effectiveSampleSize}. */
export interface EffectiveSampleSizeOptions {
  /** `kish`: `(Σw)² / Σw²`. `perplexity`: `exp(-Σ w̄ log w̄)` of the normalised weights. Default: `kish`. */
  readonly kind?: EffectiveSampleSizeKind;
}

/**
 * How many independent draws of the target weighted ones are worth: from 1, where a single weight dominates, to their number
 * `N`, where all are equal. Report it as a fraction of `N` together with `N`. It says nothing of modes that no draw has
 * reached: see {@link forwardEffectiveSampleSize}.
 *
 * Sources: Kish, "Survey sampling", 1965; the exponential of the entropy, Robert and Casella, 2010.
 *
 * @throws FlowDataError for weights that are not numbers, or all zero.
 * @throws FlowConfigError for another kind.
 */
export function effectiveSampleSize(
  logWeights: LogWeights,
  { kind = 'kish' }: EffectiveSampleSizeOptions = {},
): number {
  const where = 'effectiveSampleSize';
  checkLogWeights(where, logWeights);
  if (kind === 'kish') return Math.exp(2 * logSumExp(logWeights) - logSumExp(logWeights, 2));
  if (kind !== 'perplexity') {
    throw new FlowConfigError(`${where}.kind`, { expected: '"kish" or "perplexity"', got: String(kind) });
  }
  let entropy = 0;
  for (const weight of normalize(logWeights)) if (weight > 0) entropy -= weight * Math.log(weight);
  return Math.exp(entropy);
}

/**
 * Effective sample size of a model `q` as seen from draws of the target `p`, as a fraction: `Z_p / ⟨w⟩_p` with
 * `w = p / q` at these draws, and the unknown `Z_p` from the same draws, `1 / ⟨1/w⟩_p`. Draws in a mode that the model
 * has missed make it small, which draws of the model never would.
 *
 * Source: Midgley et al., "Flow annealed importance sampling bootstrap", 2023.
 *
 * @param logWeights `log p(x) - log q(x)` at draws `x` of the *target*; constants do not matter
 * @throws FlowDataError for weights that are not finite.
 */
export function forwardEffectiveSampleSize(logWeights: LogWeights): number {
  checkFinite('forwardEffectiveSampleSize', logWeights, 'logWeights');
  return Math.exp(2 * Math.log(logWeights.length) - logSumExp(logWeights) - logSumExp(logWeights, -1));
}
