import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, KernelConfig, Tensor } from '@tensorflow/tfjs-core';

/**
 * `cumsum` that takes a negative axis: counted from the last one, as everywhere. TF.js's kernels are right for positive
 * ones only; given -1, that of the wasm backend writes beyond its result.
 */
export function cumsumOfAnyAxis(stock: KernelConfig): KernelConfig {
  return {
    ...stock,
    kernelFunc: (call) => {
      const { axis } = call.attrs as { axis: number };
      const [along] = tf.util.parseAxisParam(axis, (call.inputs.x as Tensor).shape);
      return stock.kernelFunc({ ...call, attrs: { ...call.attrs, axis: along } });
    },
  };
}

/** The gradient of `cumsum`: a sum from the other end. TF.js's own is transposed unless the axis is the last. */
export const cumsumGradient: GradConfig = {
  kernelName: tf.Cumsum,
  inputsToSave: [],
  gradFunc: (dy, _, attributes) => {
    const { axis, exclusive, reverse } = attributes as { axis: number; exclusive: boolean; reverse: boolean };
    return { x: () => tf.cumsum(dy as Tensor, axis, exclusive, !reverse) };
  },
};
