import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { activate, type ActivationName } from './activation.js';

/**
 * One layer of a network: `activation(x (kernel ∘ mask) + bias)`.
 *
 * `x`: `[batch, inputs]`; `kernel` and `mask`: `[inputs, outputs]`; `bias`: `[outputs]`; result: `[batch, outputs]`.
 */
export function dense(
  x: Tensor,
  kernel: Tensor,
  bias: Tensor,
  activation: ActivationName = 'identity',
  mask: Tensor | null = null,
): Tensor {
  const weights = mask ? tf.mul(kernel, mask) : kernel;
  return activate(activation, tf.add(tf.matMul(x, weights), bias));
}
