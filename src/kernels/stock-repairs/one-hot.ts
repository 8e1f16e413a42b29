import * as tf from '@tensorflow/tfjs-core';
import type { DataType, KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../shapes.js';
import type { HostBackend } from './host-backend.js';

interface OneHotAttributes {
  readonly depth: number;
  readonly dtype: DataType;
  readonly onValue: number;
  readonly offValue: number;
}

/**
 * `y[..., k] = onValue` where `k` is the index, else `offValue`; an index out of range has no place.
 *
 * The kernel of the wasm backend writes whole numbers whatever the type of its result: ones of float32 come out as the bits
 * of 1, which are 1.4e-45, and values between whole numbers are cut off. For truth values, of one byte each, it writes four
 * bytes each, beyond its result.
 */
export const oneHotKernel: KernelConfig = {
  kernelName: tf.OneHot,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const indices = inputs.indices as TensorInfo;
    const { depth, dtype, onValue, offValue } = attrs as unknown as OneHotAttributes;
    const host = backend as HostBackend;
    const shape = [...indices.shape, depth];
    const values = tf.util.getTypedArrayFromDType(dtype as 'float32', sizeOf(shape)).fill(offValue);
    host.readSync(indices.dataId).forEach((index, place) => {
      if (index >= 0 && index < depth) values[place * depth + index] = onValue;
    });
    return { dataId: host.write(values, shape, dtype), shape, dtype };
  },
};
