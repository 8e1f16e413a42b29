import type { FusedActivation } from './fused-activation.js';

/** `φ(u)` of a number `u` that is not NaN, in the source of GPU programs. */
export const GPU_VALUE: Readonly<Record<FusedActivation, string>> = {
  identity: 'u',
  relu: 'max(u, 0.0)',
  leakyRelu: 'max(u, 0.01 * u)',
  elu: 'pick(u > 0.0, u, exp(min(u, 0.0)) - 1.0)',
  // Beyond ±20, tanh is ±1 in float32, and some drivers divide infinities.
  tanh: 'tanh(max(-20.0, min(u, 20.0)))',
  sigmoid: 'sigmoid(u)',
  softplus: 'softplus(u)',
};

/** `φ′` in terms of `v = φ(u)`, likewise. */
export const GPU_SLOPE: Readonly<Record<FusedActivation, string>> = {
  identity: '1.0',
  relu: 'pick(v > 0.0, 1.0, 0.0)',
  leakyRelu: 'pick(v > 0.0, 1.0, 0.01)',
  elu: 'pick(v > 0.0, 1.0, 1.0 + v)',
  tanh: '1.0 - v * v',
  sigmoid: 'v * (1.0 - v)',
  // 1 - exp(-v), which cancels near zero.
  softplus: 'pick(v < 0.01, v * (1.0 - 0.5 * v * (1.0 - v / 3.0)), 1.0 - exp(-v))',
};
