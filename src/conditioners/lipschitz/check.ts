import { FlowConfigError } from '../../errors.js';

/** @throws FlowConfigError unless `value` lies in (0, 1). */
export function checkLipschitz(where: string, value: number): void {
  if (!(value > 0 && value < 1)) {
    throw new FlowConfigError(where, {
      expected: 'a Lipschitz constant in (0, 1)',
      got: String(value),
      hint: 'From 1 on the map x + g(x) need not be invertible.',
    });
  }
}

/** How the last layer of a network starts. */
export type LipschitzStart = 'random' | 'zero';

/** @throws FlowConfigError for a name that is not a {@link LipschitzStart}. */
export function checkStart(where: string, start: LipschitzStart): void {
  if (start !== 'random' && start !== 'zero') {
    throw new FlowConfigError(where, { expected: '"random" or "zero"', got: JSON.stringify(start) });
  }
}
