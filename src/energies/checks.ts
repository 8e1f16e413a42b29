import { FlowConfigError } from '../errors.js';

/**
 * Checks numbers among the options of an energy.
 *
 * @param test what a number has to be beside finite
 * @throws FlowConfigError naming the first that is not.
 */
export function checkConstants(
  where: string,
  constants: Readonly<Record<string, number>>,
  test: 'finite' | 'positive' | 'not negative' = 'finite',
): void {
  for (const [name, value] of Object.entries(constants)) {
    const good = test === 'finite' || (test === 'positive' ? value > 0 : value >= 0);
    if (Number.isFinite(value) && good) continue;
    throw new FlowConfigError(`${where}.${name}`, {
      expected: test === 'finite' ? 'a finite number' : `a finite number, ${test}`,
      got: String(value),
    });
  }
}
