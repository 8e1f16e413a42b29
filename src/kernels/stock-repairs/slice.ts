import * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend, KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';

/** What the WebGL backend offers; the pinned TF.js version fixes these names. */
interface WebGLBackend extends KernelBackend {
  /** Where data begin in the texture of the tensor they were cut from. */
  readonly texData: { get(dataId: object): { readonly slice?: { readonly flatOffset: number } | null } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: number[]): TensorInfo;
  disposeIntermediateTensorInfo(info: TensorInfo): void;
}

/**
 * A kernel of the WebGL backend that cuts tensors, such as `slice`, whose results can be broadcast.
 *
 * There a part of a tensor that is contiguous is no copy but a place in the texture of the whole. Programs take a part
 * that begins at 0 for the whole: where that texture has the shape of their output, they read it entry by entry, so
 * `y + x.slice([0, 0], [1, n])` with `x` and `y` of one shape is `y + x`. Such parts are copied here, unless the
 * attribute `inPlace` says that they will not be broadcast.
 */
export function repairedCut(stock: KernelConfig): KernelConfig {
  return {
    ...stock,
    kernelFunc: (call) => {
      const parts = stock.kernelFunc(call);
      if ((call.attrs as { inPlace?: boolean } | undefined)?.inPlace) return parts;
      const backend = call.backend as WebGLBackend;
      return Array.isArray(parts) ? parts.map((part) => copied(part, backend)) : copied(parts, backend);
    },
  };
}

/** The part by itself if it is the first of a larger texture; the part is given up then. */
function copied(part: TensorInfo, backend: WebGLBackend): TensorInfo {
  const isFirst = backend.texData.get(part.dataId).slice?.flatOffset === 0;
  if (!isFirst || (part.dtype !== 'float32' && part.dtype !== 'int32')) return part;
  const zero = backend.makeTensorInfo([], part.dtype, [0]);
  const { kernelFunc } = tf.getKernel(tf.Add, 'webgl');
  const copy = kernelFunc({ inputs: { a: part, b: zero }, attrs: {}, backend }) as TensorInfo;
  for (const info of [part, zero]) backend.disposeIntermediateTensorInfo(info);
  return copy;
}
