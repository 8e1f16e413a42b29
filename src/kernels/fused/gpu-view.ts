import * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf, type Shape } from '../../shapes.js';

/**
 * `sizeOf(shape)` consecutive numbers of a tensor from number `begin` on, in the given shape. On WebGL nothing is
 * copied: TF.js reads such a slice in place, so it must not be broadcast to the size of `source`.
 */
export function gpuView(backend: KernelBackend, source: TensorInfo, shape: Shape, begin = 0): TensorInfo {
  const stock = (name: string, x: TensorInfo, attrs: object): TensorInfo => {
    const { kernelFunc } = tf.getKernel(name, tf.getBackend());
    return kernelFunc({ inputs: { x }, attrs: attrs as NamedAttrMap, backend }) as TensorInfo;
  };
  const size = sizeOf(shape);
  if (begin === 0 && size === sizeOf(source.shape)) return stock('Reshape', source, { shape: [...shape] });
  const flat = stock('Reshape', source, { shape: [sizeOf(source.shape)] });
  const part = stock('Slice', flat, { begin: [begin], size: [size], inPlace: true });
  const shaped = stock('Reshape', part, { shape: [...shape] });
  backend.disposeData(flat.dataId);
  backend.disposeData(part.dataId);
  return shaped;
}
