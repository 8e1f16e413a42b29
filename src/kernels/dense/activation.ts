import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { smoothUnit } from '../smooth-unit/op.js';

/**
 * Nonlinearities of network layers: `leakyRelu` has slope 0.01 below zero, `gelu` is `x Φ(x)` with the exact normal cdf,
 * `silu` is `x σ(x)`.
 */
export type ActivationName =
  'identity' | 'relu' | 'leakyRelu' | 'elu' | 'tanh' | 'sigmoid' | 'softplus' | 'gelu' | 'silu';

const LEAK = 0.01;

/**
 * Written from operations that TF.js differentiates to any order; its own `elu` and `leakyRelu` have no second
 * derivative.
 */
const ACTIVATIONS: Record<ActivationName, (x: Tensor) => Tensor> = {
  identity: (x) => x,
  relu: (x) => tf.relu(x),
  leakyRelu: (x) => tf.sub(tf.relu(x), tf.mul(tf.relu(tf.neg(x)), LEAK)),
  elu: (x) => tf.add(tf.relu(x), tf.sub(tf.exp(tf.neg(tf.relu(tf.neg(x)))), 1)),
  tanh: (x) => tf.tanh(x),
  sigmoid: (x) => tf.sigmoid(x),
  softplus: (x) => tf.softplus(x),
  gelu: (x) => smoothUnit(x, 'gelu'),
  silu: (x) => smoothUnit(x, 'silu'),
};

/** Every {@link ActivationName}. */
export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as readonly ActivationName[];

/** Applies a nonlinearity to every entry of `x`. */
export function activate(name: ActivationName, x: Tensor): Tensor {
  return ACTIVATIONS[name](x);
}
