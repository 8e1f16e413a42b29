import { FlowConfigError } from '../errors.js';

/**
 * Checks an option that holds one number a coordinate.
 *
 * @throws FlowConfigError when there are not `count` of them or one is not valid.
 */
export function checkNumbers(
  where: string,
  values: readonly number[],
  count: number,
  valid: (value: number) => boolean,
  what: string,
): void {
  const bad = values.findIndex((value) => !valid(value));
  if (values.length !== count || bad >= 0) {
    throw new FlowConfigError(where, {
      expected: `${count} ${what}`,
      got: bad >= 0 ? `${values[bad]} at index ${bad}` : `${values.length}`,
    });
  }
}

/**
 * Checks the ends of a bounded interval.
 *
 * @throws FlowConfigError unless `low < high`, both finite.
 */
export function checkEnds(where: string, low: number, high: number): void {
  if (Number.isFinite(low) && Number.isFinite(high) && low < high) return;
  throw new FlowConfigError(where, {
    expected: 'finite ends `low` < `high`',
    got: `low ${low}, high ${high}`,
    hint: 'For a half-line use Exp or Softplus.',
  });
}
