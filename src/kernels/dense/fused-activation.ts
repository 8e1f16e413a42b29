import type { ActivationName } from './activation.js';

/** Activations whose derivative follows from their value, so that a layer need not keep its pre-activations. */
export type FusedActivation = Exclude<ActivationName, 'gelu' | 'silu'>;

/** Number of each activation in kernels of all backends. */
export const ACTIVATION_CODES: Readonly<Record<FusedActivation, number>> = {
  identity: 0,
  relu: 1,
  leakyRelu: 2,
  elu: 3,
  tanh: 4,
  sigmoid: 5,
  softplus: 6,
};

/** Whether a layer with this activation can run as one kernel. */
export function isFused(name: ActivationName): name is FusedActivation {
  return name in ACTIVATION_CODES;
}

/** `φ(u)`, in double precision. */
export const ACTIVATION_VALUE: Readonly<Record<FusedActivation, (u: number) => number>> = {
  identity: (u) => u,
  relu: (u) => (u > 0 ? u : 0),
  leakyRelu: (u) => (u > 0 ? u : 0.01 * u),
  elu: (u) => (u > 0 ? u : Math.expm1(u)),
  tanh: Math.tanh,
  sigmoid: (u) => 1 / (1 + Math.exp(-u)),
  softplus: (u) => Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u))),
};

/** `φ′` in terms of `y = φ(u)`, in double precision. */
export const ACTIVATION_SLOPE: Readonly<Record<FusedActivation, (y: number) => number>> = {
  identity: () => 1,
  relu: (y) => (y > 0 ? 1 : 0),
  leakyRelu: (y) => (y > 0 ? 1 : 0.01),
  elu: (y) => (y > 0 ? 1 : 1 + y),
  tanh: (y) => 1 - y * y,
  sigmoid: (y) => y * (1 - y),
  softplus: (y) => -Math.expm1(-y),
};
