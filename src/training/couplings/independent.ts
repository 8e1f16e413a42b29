import type { BatchCoupling } from './batch-coupling.js';

/** Noise and data as they come, independent of each other. */
export function independent(): BatchCoupling {
  return () => null;
}
