import { FlowConfigError } from '../../errors.js';
import { constant } from './constant.js';
import type { LearningRateSchedule } from './schedule.js';

/** Options of {@link warmUp}. */
export interface WarmUpOptions {
  /** Steps over which the rate climbs. */
  readonly steps: number;
  /** The schedule that follows, over the steps that remain. Default: constant. */
  readonly then?: LearningRateSchedule;
}

/**
 * Climbs in a straight line, `(step + 1) / steps`, then follows another schedule.
 *
 * @throws FlowConfigError when `steps` is not a positive whole number.
 */
export function warmUp({ steps, then = constant() }: WarmUpOptions): LearningRateSchedule {
  if (!(Number.isInteger(steps) && steps > 0)) {
    throw new FlowConfigError('warmUp.steps', { expected: 'a positive whole number', got: String(steps) });
  }
  return (step, totalSteps) =>
    step < steps ? ((step + 1) / steps) * then(0, totalSteps) : then(step - steps, Math.max(1, totalSteps - steps));
}
