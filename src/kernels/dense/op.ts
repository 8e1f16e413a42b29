import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedKernel, FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { activate, type ActivationName } from './activation.js';
import { denseGradientOnCpu, denseOnCpu } from './cpu.js';
import { isFused } from './fused-activation.js';
import { denseGradientOnGpu, denseOnGpu } from './gpu.js';
import { denseSamples, maskedDenseSamples } from './samples.js';
import type { DenseAttributes } from './spec.js';
import { denseGradientOnWasm, denseOnWasm } from './wasm.js';

/** What the plain and the masked layer have in common. The mask is the last input of either kernel. */
const forward: Omit<FusedKernel<DenseAttributes>, 'name' | 'inputs'> = {
  outputs: ['y'],
  outputShapes: ([[batch], [, outputs]]) => [[batch, outputs]],
  cpu: denseOnCpu,
  wasm: denseOnWasm,
  gpu: denseOnGpu,
};

const backward: Omit<FusedKernel<DenseAttributes>, 'name' | 'inputs'> = {
  outputs: ['dx', 'dkernel', 'dbias'],
  outputShapes: ([x, kernel]) => [x, kernel, [kernel[1]]],
  cpu: denseGradientOnCpu,
  wasm: denseGradientOnWasm,
  gpu: denseGradientOnGpu,
};

/** `φ(x W + b)`. `x`: `[batch, inputs]`; `kernel`: `[inputs, outputs]`; `bias`: `[outputs]`; `y`: `[batch, outputs]`. */
export const denseOp: FusedOp<DenseAttributes> = {
  ...forward,
  name: 'TfjsFlowsDense',
  inputs: ['x', 'kernel', 'bias'],
  reference: ([x, kernel, bias], { activation }) => [activate(activation, tf.add(tf.matMul(x, kernel), bias))],
  gradient: { ...backward, name: 'TfjsFlowsDenseGradient', inputs: ['x', 'kernel', 'y', 'dy'] },
  samples: denseSamples,
};

/** `φ(x (W ∘ M) + b)`; stretches of zeros in the mask, `[inputs, outputs]`, cost nothing where the kernel can skip them. */
export const maskedDenseOp: FusedOp<DenseAttributes> = {
  ...forward,
  name: 'TfjsFlowsMaskedDense',
  inputs: ['x', 'kernel', 'bias', 'mask'],
  reference: ([x, kernel, bias, mask], { activation }) => [
    activate(activation, tf.add(tf.matMul(x, tf.mul(kernel, mask)), bias)),
  ],
  gradient: { ...backward, name: 'TfjsFlowsMaskedDenseGradient', inputs: ['x', 'kernel', 'y', 'dy', 'mask'] },
  samples: maskedDenseSamples,
};

/**
 * One layer of a network: `activation(x (kernel ∘ mask) + bias)`.
 *
 * `x`: `[batch, inputs]`; `kernel` and `mask`: `[inputs, outputs]`; `bias`: `[outputs]`; result: `[batch, outputs]`.
 */
export function dense(
  x: Tensor,
  kernel: Tensor,
  bias: Tensor,
  activation: ActivationName = 'identity',
  mask: Tensor | null = null,
): Tensor {
  if (!isFused(activation)) return activate(activation, dense(x, kernel, bias, 'identity', mask));
  const [y] = mask
    ? runFused(maskedDenseOp, [x, kernel, bias, mask], { activation })
    : runFused(denseOp, [x, kernel, bias], { activation });
  return y;
}
