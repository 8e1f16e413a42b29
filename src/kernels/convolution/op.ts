import type { Tensor } from '@tensorflow/tfjs-core';
import { activate, type ActivationName } from '../dense/activation.js';
import { isFused } from '../dense/fused-activation.js';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { convolutionGradientOnCpu, convolutionOnCpu } from './cpu.js';
import { convolutionReference } from './reference.js';
import { convolutionSamples } from './samples.js';
import { convolvedShape, type ConvolutionAttributes, type Padding } from './spec.js';
import { convolutionGradientOnWasm, convolutionOnWasm } from './wasm.js';

export type { Padding } from './spec.js';

/**
 * A layer of a convolutional network, see {@link convolution}. GPUs and native TensorFlow run the reference: their own
 * convolutions are good.
 */
export const convolutionOp: FusedOp<ConvolutionAttributes> = {
  name: 'TfjsFlowsConvolution',
  inputs: ['x', 'filter', 'bias'],
  outputs: ['y'],
  outputShapes: ([x, filter], { padding }) => [convolvedShape(x, filter, padding)],
  reference: (inputs, attributes) => [convolutionReference(inputs, attributes)],
  cpu: convolutionOnCpu,
  wasm: convolutionOnWasm,
  gradient: {
    name: 'TfjsFlowsConvolutionGradient',
    inputs: ['x', 'filter', 'y', 'dy'],
    outputs: ['dx', 'dfilter', 'dbias'],
    outputShapes: ([x, filter]) => [x, filter, [filter[3]]],
    cpu: convolutionGradientOnCpu,
    wasm: convolutionGradientOnWasm,
  },
  samples: convolutionSamples,
};

/** The padding that keeps the size of an image under a filter of odd size `[height, width, …]`, the same on all sides. */
export function samePadding([height, width]: readonly number[]): Padding {
  const [top, left] = [Math.floor((height - 1) / 2), Math.floor((width - 1) / 2)];
  return { top, bottom: height - 1 - top, left, right: width - 1 - left };
}

/**
 * One layer of a convolutional network: `activation(x ∗ filter + bias)`, stride 1, the cross-correlation that `tf.conv2d` is.
 *
 * `x`: `[batch, height, width, inputs]`; `filter`: `[k, l, inputs, outputs]`; `bias`: `[outputs]`; result:
 * `[batch, height + top + bottom - k + 1, width + left + right - l + 1, outputs]`.
 */
export function convolution(
  x: Tensor,
  filter: Tensor,
  bias: Tensor,
  activation: ActivationName = 'identity',
  padding: Padding = samePadding(filter.shape),
): Tensor {
  if (!isFused(activation)) return activate(activation, convolution(x, filter, bias, 'identity', padding));
  return runFused(convolutionOp, [x, filter, bias], { activation, padding })[0];
}
