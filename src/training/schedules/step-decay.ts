import { FlowConfigError } from '../../errors.js';
import type { LearningRateSchedule } from './schedule.js';

/** Options of {@link stepDecay}. */
export interface StepDecayOptions {
  /** Steps between two drops. */
  readonly every: number;
  /** What a drop multiplies the rate with, in (0, 1]. Default: 0.1. */
  readonly factor?: number;
}

/**
 * `factor ^ floor(step / every)`.
 *
 * @throws FlowConfigError for a number out of range.
 */
export function stepDecay({ every, factor = 0.1 }: StepDecayOptions): LearningRateSchedule {
  if (!(Number.isInteger(every) && every > 0)) {
    throw new FlowConfigError('stepDecay.every', { expected: 'a positive whole number', got: String(every) });
  }
  if (!(factor > 0 && factor <= 1)) {
    throw new FlowConfigError('stepDecay.factor', { expected: 'a number in (0, 1]', got: String(factor) });
  }
  return (step) => factor ** Math.floor(step / every);
}
