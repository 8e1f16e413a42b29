import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { matrixSamples } from '../elimination/samples.js';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { invertMatrices } from '../inverse/op.js';
import { slogdetOnCpu } from './cpu.js';
import { slogdetByOps } from './reference.js';
import { slogdetOnTensorFlow } from './tensorflow.js';
import { slogdetOnWasm } from './wasm.js';
import { slogdetOnWebGL } from './webgl.js';
import { slogdetOnWebGPU } from './webgpu.js';

/** Sign and logarithm of the absolute value of determinants. `a`: `[count, n, n]`; `sign` and `logAbsDet`: `[count]`. */
export const slogdetOp: FusedOp<object> = {
  name: 'TfjsFlowsSlogdet',
  inputs: ['a'],
  outputs: ['sign', 'logAbsDet'],
  outputShapes: ([[count]]) => [[count], [count]],
  reference: slogdetByOps,
  cpu: slogdetOnCpu,
  wasm: slogdetOnWasm,
  webgl: slogdetOnWebGL,
  webgpu: slogdetOnWebGPU,
  tensorflow: slogdetOnTensorFlow,
  // dA = g A⁻ᵀ; the sign is constant wherever it has a derivative.
  gradientOps: ({ a, dlogAbsDet }) => ({
    a: () => tf.mul(tf.reshape(dlogAbsDet, [-1, 1, 1]), tf.transpose(invertMatrices(a), [0, 2, 1])),
  }),
  samples: matrixSamples,
};

/** Sign and logarithm of the absolute value of the determinant of each matrix of `a`, `[count, n, n]`. */
export function signAndLogDet(a: Tensor): { sign: Tensor; logAbsDet: Tensor } {
  const [sign, logAbsDet] = runFused(slogdetOp, [a], {});
  return { sign, logAbsDet };
}
