import type { FusedActivation } from './fused-activation.js';

/** What is fixed about a layer, beside its shapes. */
export interface DenseAttributes {
  readonly activation: FusedActivation;
}
