import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { RandomStream } from '../random.js';

export type ProbeKind = 'rademacher' | 'gaussian';
export function drawProbes(kind: ProbeKind, stream: RandomStream, rows: number, count: number, dims: number): Tensor {
  if (kind === 'gaussian') return stream.normalTensor([rows, count, dims]);
  const values = stream.uniform(rows * count * dims).map((u) => (u < 0.5 ? -1 : 1));
  return tf.tensor3d(values, [rows, count, dims]);
}
