import * as tf from '@tensorflow/tfjs-core';
import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { isEnabled } from './register.js';
import type { FusedOp } from './op.js';

/**
 * Runs an operation: by its kernel where the running backend has one, else by its reference. Hand-written gradients are
 * not differentiable themselves, so derivatives of derivatives go through the reference too.
 *
 * @returns one tensor an output
 */
export function runFused<Attributes extends object>(
  op: FusedOp<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
): Tensor[] {
  const higherOrder = tf.engine().state.gradientDepth > 1;
  const empty = inputs.some(({ size }) => size === 0);
  if (higherOrder || empty || !isEnabled(op, tf.getBackend())) {
    return tf.tidy(() => op.reference([...inputs], attributes));
  }
  const named = Object.fromEntries(op.inputs.map((name, i) => [name, inputs[i]]));
  const result = tf.engine().runKernel<Tensor | Tensor[]>(op.name, named, attributes as NamedAttrMap);
  return Array.isArray(result) ? result : [result];
}
