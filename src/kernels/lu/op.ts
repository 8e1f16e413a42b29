import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { eliminateByOps, poison } from '../elimination/reference.js';
import { matrixSamples } from '../elimination/samples.js';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { withoutGradient } from '../stop-gradient/op.js';
import { solveTriangular } from '../triangular-solve/op.js';
import { inTriangle } from '../triangular-solve/triangle.js';
import { luOnCpu } from './cpu.js';
import { luOnWasm } from './wasm.js';
import { luOnWebGL } from './webgl.js';
import { luOnWebGPU } from './webgpu.js';

/**
 * `P A = L U`. `a`: `[count, n, n]`; `packed`: likewise, `U` on and above the diagonal and `L` below it; `permutation`:
 * `[count, n]`, the row of `a` that became each row.
 */
export const luOp: FusedOp<object> = {
  name: 'TfjsFlowsLU',
  inputs: ['a'],
  outputs: ['packed', 'permutation'],
  outputShapes: ([a]) => [a, [a[0], a[1]]],
  reference: ([a]) => {
    const { packed, permutation, bad } = eliminateByOps(a, null, 'lu');
    return [poison(bad, packed), tf.squeeze(permutation, [2])];
  },
  cpu: luOnCpu,
  wasm: luOnWasm,
  webgl: luOnWebGL,
  webgpu: luOnWebGPU,
  // dA = Pᵀ L⁻ᵀ (tril(Lᵀ dL, -1) + triu(dU Uᵀ)) U⁻ᵀ
  gradientOps: ({ packed, permutation, dpacked }) => ({
    a: () => {
      const { lower, upper } = unpack(packed);
      const byLower = inTriangle(tf.matMul(lower, inTriangle(dpacked, true, true), true), true, true);
      const byUpper = inTriangle(tf.matMul(inTriangle(dpacked, false, false), upper, false, true), false, false);
      const middle = tf.add(byLower, byUpper);
      const left = solveTriangular(lower, middle, { lower: true, adjoint: true, unitDiagonal: true });
      // Y U⁻ᵀ = (U⁻¹ Yᵀ)ᵀ
      const right = solveTriangular(upper, swap(left), { lower: false, adjoint: false, unitDiagonal: false });
      return tf.matMul(permutationMatrix(permutation), right, true, true);
    },
  }),
  samples: matrixSamples,
};

/** Both factors of each matrix of `a`, `[count, n, n]`, and the row of `a` that became each row, as float32. */
export function luFactors(a: Tensor): { lower: Tensor; upper: Tensor; permutation: Tensor } {
  const [packed, permutation] = runFused(luOp, [a], {});
  return { ...unpack(packed), permutation };
}

function unpack(packed: Tensor): { lower: Tensor; upper: Tensor } {
  const [, n] = packed.shape;
  const lower = tf.add(inTriangle(packed, true, true), tf.eye(n));
  return { lower, upper: inTriangle(packed, false, false) };
}

/** `P`, `[count, n, n]`: row `i` has its one in column `permutation[i]`. */
function permutationMatrix(permutation: Tensor): Tensor {
  const [, n] = permutation.shape;
  // Not a cast: on webgpu its result keeps whole numbers in memory, which stock kernels misread.
  return withoutGradient([permutation], (rows) => {
    const places = tf.reshape(tf.range(0, n, 1, 'float32'), [1, 1, n]);
    return tf.where(tf.equal(tf.expandDims(rows, 2), places), tf.ones([1, 1, 1]), tf.zeros([1, 1, 1]));
  });
}

function swap(x: Tensor): Tensor {
  return tf.transpose(x, [0, 2, 1]);
}
