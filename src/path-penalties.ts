import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * What continuous maps can be charged for on the way: `∫ |f|² dt`, `∫ |J|²_F dt`, the Hamilton-Jacobi-Bellman residual of
 * a potential field, and the time `T` that a path takes.
 */
export type PathPenalty = 'kinetic' | 'jacobian' | 'hjb' | 'time';

/** Collects penalties from the continuous maps that a computation goes through. */
export interface PenaltyCollector {
  readonly wanted: readonly PathPenalty[];
  /** `[rows]`, or a scalar for all rows. */
  add(penalty: PathPenalty, value: Tensor): void;
}

let active: PenaltyCollector | null = null;

/** Runs `body` while continuous maps hand their penalties to the collector. */
export function collectingPenalties<T>(collector: PenaltyCollector, body: () => T): T {
  const before = active;
  active = collector;
  try {
    return body();
  } finally {
    active = before;
  }
}

/** Who collects penalties at this moment, or null. */
export function penaltyCollector(): PenaltyCollector | null {
  return active;
}
