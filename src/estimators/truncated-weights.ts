import { FlowConfigError } from '../errors.js';
import { checkLogWeights, logSumExp, type LogWeights } from './log-weights.js';

/** Options of {@link truncatedLogWeights}. */
export interface TruncationOptions {
  /**
   * What weights are cut to: `mean`, `√N` times their mean, which keeps estimates consistent; or the smallest of the largest
   * `fraction` of them, which does not. Default: `mean`.
   */
  readonly at?:
    | 'mean'
    | {
        /** Part of the weights that is cut, in (0, 1). */
        readonly fraction: number;
      };
}

/**
 * Log-weights with the largest ones cut to a common value: less spread, for some bias. Say so wherever numbers that follow
 * from them are given.
 *
 * Source of the bound: Ionides, "Truncated importance sampling", 2008.
 *
 * @throws FlowDataError for weights that are not numbers, or all zero.
 * @throws FlowConfigError for a fraction outside (0, 1).
 */
export function truncatedLogWeights(logWeights: LogWeights, { at = 'mean' }: TruncationOptions = {}): Float64Array {
  const where = 'truncatedLogWeights';
  checkLogWeights(where, logWeights);
  const bound = at === 'mean' ? meanBound(logWeights) : quantileBound(`${where}.at.fraction`, logWeights, at.fraction);
  return Float64Array.from(logWeights, (value) => Math.min(value, bound));
}

function meanBound(logWeights: LogWeights): number {
  const { length } = logWeights;
  return logSumExp(logWeights) - Math.log(length) + Math.log(length) / 2;
}

function quantileBound(where: string, logWeights: LogWeights, fraction: number): number {
  if (!(fraction > 0 && fraction < 1)) {
    throw new FlowConfigError(where, { expected: 'a number between 0 and 1, such as 0.01', got: String(fraction) });
  }
  const descending = Float64Array.from(logWeights).sort().reverse();
  return descending[Math.min(descending.length - 1, Math.ceil(fraction * descending.length))];
}
