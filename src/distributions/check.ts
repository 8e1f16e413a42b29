import { FlowConfigError } from '../errors.js';

/**
 * One number for all coordinates, or one each, as a list.
 *
 * @throws FlowConfigError for a list of another length, or a number that does not satisfy `valid`.
 */
export function perCoordinate(
  where: string,
  value: number | readonly number[],
  dims: number,
  valid: (value: number) => boolean,
  adjective: string,
): number[] {
  const values = typeof value === 'number' ? Array<number>(dims).fill(value) : [...value];
  const bad = values.findIndex((entry) => !valid(entry));
  if (values.length !== dims || bad >= 0) {
    throw new FlowConfigError(where, {
      expected: `one ${adjective} number, or ${dims} of them`,
      got: bad >= 0 ? `${values[bad]} at index ${bad}` : `${values.length} numbers`,
    });
  }
  return values;
}
