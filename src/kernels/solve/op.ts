import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { matrixSamples } from '../elimination/samples.js';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { waves } from '../fused/waves.js';
import { solveOnCpu } from './cpu.js';
import { solveByOps } from './reference.js';
import { solveOnTensorFlow } from './tensorflow.js';
import type { SolveAttributes } from './spec.js';
import { solveOnWasm } from './wasm.js';
import { solveOnWebGL } from './webgl.js';
import { solveOnWebGPU } from './webgpu.js';

/** `A⁻¹ B` or `A⁻ᵀ B`. `a`: `[count, n, n]`; `b` and `x`: `[count, n, k]`. */
export const solveOp: FusedOp<SolveAttributes> = {
  name: 'TfjsFlowsSolve',
  inputs: ['a', 'b'],
  outputs: ['x'],
  outputShapes: ([, b]) => [b],
  reference: solveByOps,
  cpu: solveOnCpu,
  wasm: solveOnWasm,
  webgl: solveOnWebGL,
  webgpu: solveOnWebGPU,
  tensorflow: solveOnTensorFlow,
  // With A' = A or Aᵀ: dB = A'⁻ᵀ dX and dA' = -dB Xᵀ.
  gradientOps: ({ a, x, dx }, { adjoint }) => ({
    a: () => {
      const db = solveLinear(a, dx, !adjoint);
      return tf.neg(adjoint ? tf.matMul(x, db, false, true) : tf.matMul(db, x, false, true));
    },
    b: () => solveLinear(a, dx, !adjoint),
  }),
  samples: [false, true].flatMap((adjoint) =>
    [1, 3].flatMap((k) =>
      matrixSamples.map(({ inputs: [a] }) => {
        const shape = [a.shape[0], a.shape[1], k];
        const values = waves(shape[0] * shape[1] * k, 1, 0.4);
        return { attributes: { adjoint }, inputs: [a, { shape, values }] };
      }),
    ),
  ),
};

/** `A⁻¹ B`, or `A⁻ᵀ B` with `adjoint`. `a`: `[count, n, n]`; `b` and result: `[count, n, k]`. */
export function solveLinear(a: Tensor, b: Tensor, adjoint: boolean): Tensor {
  return runFused(solveOp, [a, b], { adjoint })[0];
}
