import * as tf from '@tensorflow/tfjs-core';
import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { isEnabled, registerReference } from './register.js';
import type { FusedOp } from './op.js';

/**
 * Runs an operation: by its kernel where the running backend has one, else by its reference. Gradient kernels
 * are not differentiable themselves, so derivatives of derivatives go through the reference too.
 *
 * @returns one tensor an output
 */
export function runFused<Attributes extends object>(
  op: FusedOp<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
): Tensor[] {
  const backend = tf.getBackend();
  if (op.gradientOps) return runKernel(op, isEnabled(op, backend) ? op.name : registerReference(op, backend), inputs, attributes); // prettier-ignore
  const higherOrder = tf.engine().state.gradientDepth > 1;
  const empty = inputs.some(({ size }) => size === 0);
  if (higherOrder || empty || !isEnabled(op, backend)) {
    return tf.tidy(() => op.reference([...inputs], attributes));
  }
  return runKernel(op, op.name, inputs, attributes);
}

function runKernel(op: FusedOp<object>, name: string, inputs: readonly Tensor[], attributes: object): Tensor[] {
  const named = Object.fromEntries(op.inputs.map((input, i) => [input, inputs[i]]));
  const result = tf.engine().runKernel<Tensor | Tensor[]>(name, named, attributes as NamedAttrMap);
  return Array.isArray(result) ? result : [result];
}
