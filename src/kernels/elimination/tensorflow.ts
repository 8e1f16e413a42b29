import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { NativeAttribute, TensorFlowBackend, TensorFlowKernel } from '../fused/tensorflow.js';
import { notFinite, poison } from './reference.js';

/** A call of an operation of native TensorFlow. */
export interface NativeCall {
  readonly name: string;
  readonly flags?: Readonly<Record<string, boolean>>;
  readonly inputs: readonly Tensor[];
  readonly outputs?: number;
}

/**
 * A kernel that calls one operation of native TensorFlow, or else runs the reference: where the backend cannot call
 * natively, or TensorFlow refuses (as it does a whole batch for one singular matrix).
 *
 * Written after the sources of `@tensorflow/tfjs-node` 4.22 and never run on it: tests put a stand-in in its place. Unlike
 * other backends, TensorFlow does not count as singular what elimination leaves as rounding error.
 *
 * @param settle brings what TensorFlow returns to the operation's own rules
 */
export function natively<Attributes extends object>(
  reference: (inputs: Tensor[], attributes: Attributes) => Tensor[],
  call: (inputs: Tensor[], attributes: Attributes) => NativeCall,
  settle: (outputs: Tensor[], inputs: Tensor[], attributes: Attributes) => Tensor[],
): TensorFlowKernel<Attributes> {
  return (infos, attributes, backend) => {
    // TF.js passes tensors to kernels.
    const inputs = [...infos] as Tensor[];
    return tf.tidy(() => {
      const found = attempt(backend, call(inputs, attributes));
      return found ? settle(found, inputs, attributes) : reference(inputs, attributes);
    });
  };
}

function attempt(backend: TensorFlowBackend, { name, flags = {}, inputs, outputs = 1 }: NativeCall): Tensor[] | null {
  if (typeof backend.executeMultipleOutputs !== 'function') return null;
  const { TF_ATTR_BOOL, TF_ATTR_TYPE, TF_FLOAT } = backend.binding;
  const attributes: NativeAttribute[] = [
    { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
    ...Object.entries(flags).map(([flag, value]) => ({ name: flag, type: TF_ATTR_BOOL, value })),
  ];
  try {
    return backend.executeMultipleOutputs(name, attributes, inputs, outputs);
  } catch {
    return null;
  }
}

/** NaN for matrices that are not finite, and in columns of `x` that are not. */
export function settleColumns([x]: Tensor[], [a]: Tensor[]): Tensor[] {
  return [poison(tf.logicalOr(notFinite(a, [1, 2]), notFinite(x, [1])), x)];
}
