import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../shapes.js';
import type { WasmBackend } from '../fused/wasm.js';

/**
 * `y[s, ...] = Σ_{i: segment_i = s} x[i, ...]`, the gradient of `gather`, on wasm. Rows of segments below zero or beyond
 * the last are left out, as on TF.js's other backends.
 */
export const segmentSumKernel: KernelConfig = {
  kernelName: tf.UnsortedSegmentSum,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, segmentIds } = inputs as Record<string, TensorInfo>;
    const { numSegments } = attrs as { numSegments: number };
    const wasm = backend as WasmBackend;
    const out = wasm.makeOutput([numSegments, ...x.shape.slice(1)], x.dtype);
    if (sizeOf(out.shape) === 0) return out;
    const sums = wasm.typedArrayFromHeap(out).fill(0);
    if (sizeOf(x.shape) === 0) return out;
    const [rows, segments] = [wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(segmentIds)];
    const width = rows.length / segments.length;
    segments.forEach((segment, row) => {
      if (segment < 0 || segment >= numSegments) return;
      const [from, to] = [row * width, segment * width];
      for (let i = 0; i < width; i++) sums[to + i] += rows[from + i];
    });
    return out;
  },
};
