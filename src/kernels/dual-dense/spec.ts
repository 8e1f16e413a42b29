import type { FusedActivation } from '../dense/fused-activation.js';

/** What is fixed about a layer on dual numbers, beside its shapes. */
export interface DualDenseAttributes {
  readonly activation: FusedActivation;
  /** Whether every row of the batch has a shift of its own. */
  readonly shiftPerRow: boolean;
}
