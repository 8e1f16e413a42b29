import type { FusedActivation } from '../dense/fused-activation.js';

/** `φ″ / φ′` in terms of `y = φ(u)`, in double precision; null where it is zero wherever it exists. */
export const ACTIVATION_CURVATURE: Readonly<Record<FusedActivation, ((y: number) => number) | null>> = {
  identity: null,
  relu: null,
  leakyRelu: null,
  elu: (y) => (y > 0 ? 0 : 1),
  tanh: (y) => -2 * y,
  sigmoid: (y) => 1 - 2 * y,
  softplus: (y) => Math.exp(-y),
};
