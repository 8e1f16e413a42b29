import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../shapes.js';
import type { HostBackend } from './host-backend.js';

/**
 * `y[s, ...] = Σ_{i: segment_i = s} x[i, ...]`, the gradient of `gather`, in one pass. Rows of segments below zero or
 * beyond the last are left out.
 *
 * The wasm backend has no such kernel, and that of the cpu backend passes over all of `x` once for each segment.
 */
export function segmentSumKernel(backendName: 'cpu' | 'wasm'): KernelConfig {
  return {
    kernelName: tf.UnsortedSegmentSum,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, segmentIds } = inputs as Record<string, TensorInfo>;
      const { numSegments } = attrs as { numSegments: number };
      const host = backend as HostBackend;
      const shape = [numSegments, ...x.shape.slice(1)];
      const width = sizeOf(x.shape.slice(1));
      const [rows, segments] = [host.readSync(x.dataId), host.readSync(segmentIds.dataId)];
      const sums = x.dtype === 'int32' ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
      for (let row = 0; row < segments.length; row++) {
        const segment = segments[row];
        if (segment < 0 || segment >= numSegments) continue;
        const [from, to] = [row * width, segment * width];
        for (let i = 0; i < width; i++) sums[to + i] += rows[from + i];
      }
      const dtype = x.dtype === 'int32' ? 'int32' : 'float32';
      return { dataId: host.write(sums, shape, dtype), shape, dtype };
    },
  };
}
