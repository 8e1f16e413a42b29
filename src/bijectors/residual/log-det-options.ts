import { checkInteger } from '../../conditioners/check.js';
import { FlowConfigError } from '../../errors.js';

/** How `log det (I + J)` of a contraction is found. */
export type LogDetEstimator =
  /** From the whole Jacobian: as many products as an event has numbers, and a determinant. */
  | 'exact'
  /** `Σ_k (-1)^(k+1) tr(J^k) / k` up to `terms`, traces by Hutchinson's probes. Biased by what is cut off. */
  | 'series'
  /** The same series up to a random term, so weighted that it is right on average (Russian roulette). */
  | 'roulette';

/** How a residual flow finds its log-determinants. */
export interface LogDetOptions {
  /** Default: `exact`. */
  readonly estimator?: LogDetEstimator;
  /** Terms that `series` takes, or `roulette` takes in any case. Default: 20 and 2. */
  readonly terms?: number;
  /** Random directions a row, over which traces are averaged; not used by `exact`. Default: 1. */
  readonly probes?: number;
  /** Probability with which `roulette` stops after each further term: it takes `terms + 1 / stopProbability` on average. Default: 0.5. */
  readonly stopProbability?: number;
}

const ESTIMATORS: readonly LogDetEstimator[] = ['exact', 'series', 'roulette'];

/**
 * The options with their defaults, to be kept and saved.
 *
 * @throws FlowConfigError for an unknown estimator, a count that is no positive integer, or a probability outside (0, 1).
 */
export function checkLogDet(where: string, options: LogDetOptions = {}): Required<LogDetOptions> {
  const { estimator = 'exact', probes = 1, stopProbability = 0.5 } = options;
  const { terms = estimator === 'roulette' ? 2 : 20 } = options;
  if (!ESTIMATORS.includes(estimator)) {
    throw new FlowConfigError(`${where}.estimator`, {
      expected: `one of ${ESTIMATORS.join(', ')}`,
      got: JSON.stringify(estimator),
    });
  }
  checkInteger(`${where}.terms`, terms);
  checkInteger(`${where}.probes`, probes);
  if (!(stopProbability > 0 && stopProbability < 1)) {
    throw new FlowConfigError(`${where}.stopProbability`, {
      expected: 'a probability in (0, 1)',
      got: String(stopProbability),
    });
  }
  return { estimator, terms, probes, stopProbability };
}
