import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ActivationName } from '../dense/activation.js';
import { isFused } from '../dense/fused-activation.js';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { dualDenseGradientOnCpu, dualDenseOnCpu } from './cpu.js';
import { dualDenseGradientOnGpu, dualDenseOnGpu } from './gpu.js';
import { activateDual, dualDenseReference } from './reference.js';
import { dualDenseSamples } from './samples.js';
import type { DualDenseAttributes } from './spec.js';
import { dualDenseGradientOnWasm, dualDenseOnWasm } from './wasm.js';

/** A dense layer on dual numbers, see {@link dualDense}. */
export const dualDenseOp: FusedOp<DualDenseAttributes> = {
  name: 'TfjsFlowsDualDense',
  inputs: ['x', 'kernel', 'shift'],
  outputs: ['y'],
  outputShapes: ([[batch, entries], [, outputs]]) => [[batch, entries, outputs]],
  reference: (inputs, { activation }) => [dualDenseReference(inputs, activation)],
  cpu: dualDenseOnCpu,
  wasm: dualDenseOnWasm,
  gpu: dualDenseOnGpu,
  gradient: {
    name: 'TfjsFlowsDualDenseGradient',
    inputs: ['x', 'kernel', 'y', 'dy'],
    outputs: ['dx', 'dkernel', 'dshift'],
    outputShapes: ([x, kernel], { shiftPerRow }) => [x, kernel, [shiftPerRow ? x[0] : 1, kernel[1]]],
    cpu: dualDenseGradientOnCpu,
    wasm: dualDenseGradientOnWasm,
    gpu: dualDenseGradientOnGpu,
  },
  samples: dualDenseSamples,
};

/**
 * One layer of a network on dual numbers - values together with their derivatives along `K` directions: forward-mode
 * differentiation of the network is one such product a layer.
 *
 * With `u_0 = x_0 W + shift` the value is `y_0 = φ(u_0)`, and the derivatives are `y_k = φ′(u_0) ∘ (x_k W)`.
 *
 * @param x `[batch, 1 + K, inputs]`, `K ≥ 0`: the value, then its derivative along each direction
 * @param kernel `W`, `[inputs, outputs]`
 * @param shift `[1, outputs]`, or `[batch, outputs]` for one a row; does not depend on the directions
 * @returns `[batch, 1 + K, outputs]`, laid out as `x`; differentiable to any order
 */
export function dualDense(x: Tensor, kernel: Tensor, shift: Tensor, activation: ActivationName = 'identity'): Tensor {
  if (!isFused(activation)) return tf.tidy(() => activateDual(activation, dualDense(x, kernel, shift)));
  return runFused(dualDenseOp, [x, kernel, shift], { activation, shiftPerRow: shift.shape[0] !== 1 })[0];
}
