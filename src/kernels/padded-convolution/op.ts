import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../../errors.js';
import { formatShape } from '../../shapes.js';
import { convolution } from '../convolution/op.js';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { paddedInverseGradientOnCpu, paddedInverseOnCpu } from './cpu.js';
import { paddedInverseReference } from './reference.js';
import { paddedInverseSamples } from './samples.js';
import { paddedInverseGradientOnWasm, paddedInverseOnWasm } from './wasm.js';

/**
 * The inverse of a corner-padded convolution whose corner tap is the identity, whatever `taps` holds there:
 * `x[i, j] = z[i, j] - Σ x[i - u, j - v] K[k - 1 - u, k - 1 - v]` over all `(u, v) ≠ (0, 0)`.
 *
 * With `z = M x`: `dz = M⁻ᵀ dx`, the same recursion from the other end, and `dK` is minus the gradient of a convolution
 * of `x` in its filter, for the upstream gradient `dz`. `z`, `x`: `[batch, height, width, c]`; `taps`: `[k, k, c, c]`.
 */
export const paddedInverseOp: FusedOp<object> = {
  name: 'TfjsFlowsPaddedConvolutionInverse',
  inputs: ['z', 'taps'],
  outputs: ['x'],
  outputShapes: ([z]) => [z],
  reference: ([z, taps]) => [paddedInverseReference(z, taps)],
  cpu: paddedInverseOnCpu,
  wasm: paddedInverseOnWasm,
  gradient: {
    name: 'TfjsFlowsPaddedConvolutionInverseGradient',
    inputs: ['taps', 'x', 'dx'],
    outputs: ['dz', 'dtaps'],
    outputShapes: ([taps, x]) => [x, taps],
    cpu: paddedInverseGradientOnCpu,
    wasm: paddedInverseGradientOnWasm,
  },
  samples: paddedInverseSamples,
};

/**
 * Convolution with zeros on the top and on the left (CInC, Nagar et al., 2021, arXiv:2107.01358): of all taps only the last
 * one, the corner, reads the pixel itself, and the others read pixels above it or to its left. The map is invertible if
 * and only if the `c × c` matrix at the corner is, and `log|det| = height · width · log|det corner|`.
 *
 * @param x `[batch, height, width, c]`
 * @param kernel `[k, k, c, c]`, as `tf.conv2d` takes it
 */
export function paddedConvolution(x: Tensor, kernel: Tensor): Tensor {
  const channels = checkShapes('paddedConvolution', x, kernel);
  const before = kernel.shape[0] - 1;
  const padding = { top: before, bottom: 0, left: before, right: 0 };
  return tf.tidy(() => convolution(x, kernel, tf.zeros([channels]), 'identity', padding));
}

/**
 * Solves `y = paddedConvolution(x, kernel)` for `x`, along the `height + width - 1` diagonals of the image.
 *
 * The general corner is brought to the identity first: with `R` its inverse, `y R` is the convolution of `x` by the taps
 * `K R`, whose corner is the identity. In float32 errors grow with the image where the taps are large against the
 * corner, as in every substitution.
 *
 * @param y `[batch, height, width, c]`
 * @param kernel `[k, k, c, c]`
 * @param cornerInverse `R`, `[c, c]`: the inverse of `kernel[k - 1, k - 1]`. Gradients go into it as into the others, so it
 *   has to depend on the corner's parameters as an inverse does.
 */
export function paddedConvolutionInverse(y: Tensor, kernel: Tensor, cornerInverse: Tensor): Tensor {
  const channels = checkShapes('paddedConvolutionInverse', y, kernel);
  if (cornerInverse.shape.join() !== [channels, channels].join()) {
    throw new FlowShapeError('paddedConvolutionInverse', {
      expected: `the inverse of the corner, ${formatShape([channels, channels])}`,
      got: formatShape(cornerInverse.shape),
    });
  }
  return tf.tidy(() => {
    const divide = (tensor: Tensor) =>
      tf.reshape(tf.matMul(tf.reshape(tensor, [tensor.size / channels, channels]), cornerInverse), tensor.shape);
    return runFused(paddedInverseOp, [divide(y), divide(kernel)], {})[0];
  });
}

/** The number of channels. */
function checkShapes(where: string, image: Tensor, kernel: Tensor): number {
  const [size, width, from, to] = kernel.shape as number[];
  const square = kernel.rank === 4 && size === width && from === to && size > 0 && from > 0;
  if (!square) {
    throw new FlowShapeError(where, { expected: 'a kernel of shape [k, k, c, c]', got: formatShape(kernel.shape) });
  }
  if (image.rank !== 4 || image.shape[3] !== from) {
    throw new FlowShapeError(where, {
      expected: `images of shape [batch, height, width, ${from}]`,
      got: formatShape(image.shape),
    });
  }
  return from;
}
