import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { matrixSamples } from '../elimination/samples.js';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { inverseOnCpu } from '../solve/cpu.js';
import { inverseByOps } from '../solve/reference.js';
import { inverseOnTensorFlow } from '../solve/tensorflow.js';
import { inverseOnWasm } from '../solve/wasm.js';
import { inverseOnWebGL } from '../solve/webgl.js';
import { inverseOnWebGPU } from '../solve/webgpu.js';

/** `A⁻¹`. `a` and `x`: `[count, n, n]`. */
export const inverseOp: FusedOp<object> = {
  name: 'TfjsFlowsInverse',
  inputs: ['a'],
  outputs: ['x'],
  outputShapes: ([a]) => [a],
  reference: inverseByOps,
  cpu: inverseOnCpu,
  wasm: inverseOnWasm,
  webgl: inverseOnWebGL,
  webgpu: inverseOnWebGPU,
  tensorflow: inverseOnTensorFlow,
  // dA = -A⁻ᵀ dX A⁻ᵀ
  gradientOps: ({ x, dx }) => ({
    a: () => tf.neg(tf.matMul(x, tf.matMul(dx, x, false, true), true)),
  }),
  samples: matrixSamples,
};

/** `A⁻¹` for each matrix of `a`, `[count, n, n]`. */
export function invertMatrices(a: Tensor): Tensor {
  return runFused(inverseOp, [a], {})[0];
}
