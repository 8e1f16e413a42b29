import { FlowConfigError } from '../../errors.js';
import type { LearningRateSchedule } from './schedule.js';

/**
 * Half a cosine from 1 to `floor` over all steps, `floor + (1 − floor) (1 + cos(π step / total)) / 2`
 * (Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, without restarts).
 *
 * @throws FlowConfigError when `floor` is not in [0, 1].
 */
export function cosine({ floor = 0 }: { readonly floor?: number } = {}): LearningRateSchedule {
  if (!(floor >= 0 && floor <= 1)) {
    throw new FlowConfigError('cosine.floor', { expected: 'a number in [0, 1]', got: String(floor) });
  }
  return (step, totalSteps) => floor + ((1 - floor) * (1 + Math.cos(Math.PI * Math.min(1, step / totalSteps)))) / 2;
}
