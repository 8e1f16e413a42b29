import { FlowConfigError } from 'tfjs-flows';
import { DEFAULT_LIMITS, LIMIT_NAMES, type Limits } from './limits.js';

/** @throws FlowConfigError for limits that are no positive numbers. */
export function limitsOf(given: Partial<Limits>): Limits {
  for (const [name, value] of Object.entries(given)) {
    if (LIMIT_NAMES.includes(name) && typeof value === 'number' && value > 0 && value < Infinity) continue;
    throw new FlowConfigError(`startServer.limits.${name}`, {
      expected: `a positive number for one of ${LIMIT_NAMES.join(', ')}`,
      got: String(value),
    });
  }
  return { ...DEFAULT_LIMITS, ...given };
}
