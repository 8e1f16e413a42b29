import { FlowDataError } from '../errors.js';

/** Rows that an error lists. */
const LISTED = 10;

/**
 * Logarithms of importance weights, up to a common constant: `log p(x) - log q(x)` for draws `x` of `q`. Minus infinity is
 * a weight of zero. Read them off a tensor with `await tensor.data()`; all arithmetic on them is in doubles.
 */
export type LogWeights = ArrayLike<number>;

/**
 * Checks log-weights.
 *
 * @throws FlowDataError naming the rows that are NaN or infinite, or when there are none or all weights are zero.
 */
export function checkLogWeights(where: string, logWeights: LogWeights, name = 'logWeights'): void {
  const rows: number[] = [];
  let highest = -Infinity;
  for (let row = 0; row < logWeights.length; row++) {
    const value = logWeights[row];
    if (Number.isNaN(value) || value === Infinity) rows.push(row);
    else if (value > highest) highest = value;
  }
  if (rows.length > 0) {
    const listed = rows.slice(0, LISTED);
    throw new FlowDataError(where, {
      expected: `${name} that are numbers, or minus infinity for a weight of zero`,
      got: `${rows.length} that are not: ${listed.map((row) => `${logWeights[row]} at row ${row}`).join('; ')}`,
      hint: 'An energy or density there is not a number; drop these rows, or give them the weight -Infinity.',
      rows: listed,
    });
  }
  if (highest > -Infinity) return;
  throw new FlowDataError(where, {
    expected: `${name} with at least one weight above zero`,
    got: logWeights.length === 0 ? 'none at all' : `${logWeights.length} weights of zero`,
    hint: logWeights.length === 0 ? undefined : 'No draw lies where the target has any probability.',
    rows: Array.from({ length: Math.min(LISTED, logWeights.length) }, (_, row) => row),
  });
}

/**
 * Checks numbers that all have to be finite.
 *
 * @throws FlowDataError naming the rows that are not, or when there are fewer than `least`.
 */
export function checkFinite(where: string, values: ArrayLike<number>, name: string, least = 1): void {
  const rows: number[] = [];
  for (let row = 0; row < values.length && rows.length < LISTED; row++) {
    if (!Number.isFinite(values[row])) rows.push(row);
  }
  if (rows.length > 0) {
    throw new FlowDataError(where, {
      expected: `finite numbers in ${name}`,
      got: rows.map((row) => `${values[row]} at row ${row}`).join('; '),
      rows,
    });
  }
  if (values.length >= least) return;
  throw new FlowDataError(where, { expected: `at least ${least} of ${name}`, got: String(values.length) });
}

/**
 * `log Σ exp(v)`, without overflow; minus infinity for no or only such values.
 *
 * @param scale factor on the values, before the exponential
 */
export function logSumExp(values: ArrayLike<number>, scale = 1): number {
  let highest = -Infinity;
  for (let i = 0; i < values.length; i++) highest = Math.max(highest, scale * values[i]);
  if (highest === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(scale * values[i] - highest);
  return highest + Math.log(sum);
}

/**
 * `log ⟨w⟩`: with normalised `q`, an estimate of `log Z` of the target whose unnormalised density is in the weights.
 *
 * @throws FlowDataError for weights that are not numbers, or all zero.
 */
export function logMeanWeight(logWeights: LogWeights): number {
  checkLogWeights('logMeanWeight', logWeights);
  return logSumExp(logWeights) - Math.log(logWeights.length);
}

/**
 * Weights that sum to one.
 *
 * @throws FlowDataError for weights that are not numbers, or all zero.
 */
export function normalizedWeights(logWeights: LogWeights): Float64Array {
  checkLogWeights('normalizedWeights', logWeights);
  return normalize(logWeights);
}

/** The same, of weights that have been checked. */
export function normalize(logWeights: LogWeights): Float64Array {
  const total = logSumExp(logWeights);
  return Float64Array.from(logWeights, (value) => Math.exp(value - total));
}
