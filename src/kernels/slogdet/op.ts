import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { diagonalOf, eliminateByOps, poison } from '../elimination/reference.js';
import { matrixSamples } from '../elimination/samples.js';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { invertMatrices } from '../inverse/op.js';
import { slogdetOnCpu } from './cpu.js';
import { slogdetOnWasm } from './wasm.js';
import { slogdetOnWebGL } from './webgl.js';
import { slogdetOnWebGPU } from './webgpu.js';

/** Sign and logarithm of the absolute value of determinants. `a`: `[count, n, n]`; `sign` and `logAbsDet`: `[count]`. */
export const slogdetOp: FusedOp<object> = {
  name: 'TfjsFlowsSlogdet',
  inputs: ['a'],
  outputs: ['sign', 'logAbsDet'],
  outputShapes: ([[count]]) => [[count], [count]],
  reference: ([a]) => slogdetByOps(a),
  cpu: slogdetOnCpu,
  wasm: slogdetOnWasm,
  webgl: slogdetOnWebGL,
  webgpu: slogdetOnWebGPU,
  // dA = g A⁻ᵀ; the sign is constant wherever it has a derivative.
  gradientOps: ({ a, dlogAbsDet }) => ({
    a: () => tf.mul(tf.reshape(dlogAbsDet, [-1, 1, 1]), tf.transpose(invertMatrices(a), [0, 2, 1])),
  }),
  samples: matrixSamples,
};

function slogdetByOps(a: Tensor): Tensor[] {
  const { packed, sign, bad } = eliminateByOps(a, null, 'lu');
  const isBad = tf.reshape(bad, [a.shape[0]]);
  const singular = tf.equal(sign, 0);
  const pivots = tf.where(tf.reshape(singular, [-1, 1, 1]), tf.ones([1, 1, 1]), tf.abs(diagonalOf(packed)));
  const log = tf.where(singular, tf.fill([1], -Infinity), tf.sum(tf.log(pivots), [1, 2]));
  return [poison(isBad, sign), poison(isBad, log)];
}

/** Sign and logarithm of the absolute value of the determinant of each matrix of `a`, `[count, n, n]`. */
export function signAndLogDet(a: Tensor): { sign: Tensor; logAbsDet: Tensor } {
  const [sign, logAbsDet] = runFused(slogdetOp, [a], {});
  return { sign, logAbsDet };
}
