import type { LearningRateSchedule } from './schedule.js';

/** `1` at every step. */
export function constant(): LearningRateSchedule {
  return () => 1;
}
