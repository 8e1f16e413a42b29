import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { waves } from '../fused/waves.js';
import { adamOnCpu } from './cpu.js';
import { adamOnGpu } from './gpu.js';
import type { AdamAttributes } from './spec.js';
import { adamOnWasm } from './wasm.js';

/** One update of Adam over flat vectors `[n]`: parameters, both moments, gradient → parameters and moments. */
export const adamOp: FusedOp<AdamAttributes> = {
  name: 'TfjsFlowsAdam',
  inputs: ['parameters', 'mean', 'meanSquare', 'gradient'],
  outputs: ['nextParameters', 'nextMean', 'nextMeanSquare'],
  outputShapes: ([shape]) => [shape, shape, shape],
  reference: ([parameters, mean, meanSquare, gradient], attributes) => {
    const { beta1, beta2, stepSize, rootScale, epsilon, decay } = attributes;
    const nextMean = mix(mean, gradient, beta1);
    const nextMeanSquare = mix(meanSquare, tf.square(gradient), beta2);
    const root = tf.mul(tf.sqrt(nextMeanSquare), rootScale);
    const move = tf.mul(tf.div(nextMean, tf.add(root, epsilon)), stepSize);
    return [tf.sub(tf.mul(parameters, decay), move), nextMean, nextMeanSquare];
  },
  cpu: adamOnCpu,
  wasm: adamOnWasm,
  gpu: adamOnGpu,
  samples: [
    { stepSize: 1e-2, rootScale: 1.5, decay: 1 },
    { stepSize: 2e-3, rootScale: 1, decay: 0.99 },
  ].map((rates) => ({
    attributes: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...rates },
    inputs: [0, 1, 2, 3].map((phase) => ({
      shape: [37],
      values: phase === 2 ? waves(37, 1, phase).map((value) => value * value) : waves(37, 1, phase),
    })),
  })),
};

/** See {@link adamOp}. */
export function adam(
  [parameters, mean, meanSquare, gradient]: readonly [Tensor1D, Tensor1D, Tensor1D, Tensor1D],
  attributes: AdamAttributes,
): [Tensor1D, Tensor1D, Tensor1D] {
  return runFused(adamOp, [parameters, mean, meanSquare, gradient], attributes) as [Tensor1D, Tensor1D, Tensor1D];
}

/** `rate · a + (1 − rate) · b`. */
function mix(a: Tensor, b: Tensor, rate: number): Tensor {
  return tf.add(tf.mul(a, rate), tf.mul(b, 1 - rate));
}
