import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, KernelConfig, Tensor } from '@tensorflow/tfjs-core';

interface CumsumAttributes {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/**
 * `cumsum` that takes a negative axis: counted from the last one, as everywhere. TF.js's kernels are right for positive
 * ones only; given -1, that of the wasm backend writes beyond its result.
 *
 * On WebGPU sums from the other end are taken of reversed tensors: the kernel's program for them holds the length of the
 * axis, but is found again without regard to it, and is wrong for the next length.
 */
export function repairedCumsum(stock: KernelConfig): KernelConfig {
  return {
    ...stock,
    kernelFunc: (call) => {
      const x = call.inputs.x as Tensor;
      const { axis, exclusive, reverse } = call.attrs as unknown as CumsumAttributes;
      const [along] = tf.util.parseAxisParam(axis, x.shape);
      if (reverse && stock.backendName === 'webgpu') {
        return tf.tidy((): Tensor => tf.reverse(tf.cumsum(tf.reverse(x, along), along, exclusive), along));
      }
      return stock.kernelFunc({ ...call, attrs: { ...call.attrs, axis: along } });
    },
  };
}

/** The gradient of `cumsum`: a sum from the other end. TF.js's own is transposed unless the axis is the last. */
export const cumsumGradient: GradConfig = {
  kernelName: tf.Cumsum,
  inputsToSave: [],
  gradFunc: (dy, _, attributes) => {
    const { axis, exclusive, reverse } = attributes as unknown as CumsumAttributes;
    return { x: () => tf.cumsum(dy as Tensor, axis, exclusive, !reverse) };
  },
};
