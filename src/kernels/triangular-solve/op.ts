import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { triangularSolveOnCpu } from './cpu.js';
import { triangularSolveByOps } from './reference.js';
import { triangularSolveSamples } from './samples.js';
import type { TriangularSolveAttributes } from './spec.js';
import { triangularSolveOnTensorFlow } from './tensorflow.js';
import { inTriangle } from './triangle.js';
import { triangularSolveOnWasm } from './wasm.js';
import { triangularSolveOnWebGL } from './webgl.js';
import { triangularSolveOnWebGPU } from './webgpu.js';

/** `T⁻¹ B` or `T⁻ᵀ B`. `t`: `[count, n, n]`, one triangle of which is read; `b` and `x`: `[count, n, k]`. */
export const triangularSolveOp: FusedOp<TriangularSolveAttributes> = {
  name: 'TfjsFlowsTriangularSolve',
  inputs: ['t', 'b'],
  outputs: ['x'],
  outputShapes: ([, b]) => [b],
  reference: triangularSolveByOps,
  cpu: triangularSolveOnCpu,
  wasm: triangularSolveOnWasm,
  webgl: triangularSolveOnWebGL,
  webgpu: triangularSolveOnWebGPU,
  tensorflow: triangularSolveOnTensorFlow,
  // As for any matrix, on the triangle that is read.
  gradientOps: ({ t, x, dx }, attributes) => {
    const transposed = { ...attributes, adjoint: !attributes.adjoint };
    return {
      t: () => {
        const db = solveTriangular(t, dx, transposed);
        const dense = attributes.adjoint ? tf.matMul(x, db, false, true) : tf.matMul(db, x, false, true);
        return tf.neg(inTriangle(dense, attributes.lower, attributes.unitDiagonal));
      },
      b: () => solveTriangular(t, dx, transposed),
    };
  },
  samples: triangularSolveSamples,
};

/** `T⁻¹ B`, or `T⁻ᵀ B` with `adjoint`. `t`: `[count, n, n]`; `b` and result: `[count, n, k]`. */
export function solveTriangular(t: Tensor, b: Tensor, attributes: TriangularSolveAttributes): Tensor {
  return runFused(triangularSolveOp, [t, b], attributes)[0];
}
