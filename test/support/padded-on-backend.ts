import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { paddedConvolution, paddedConvolutionInverse } from '../../src/kernels/padded-convolution/op.js';
import { cornerInverse, type PaddedProblem } from './padded-problem.js';

/** What the running backend finds for a problem. */
export interface PaddedResult {
  /** The inverse of `y`. */
  readonly x: number[];
  /** The convolution of `x`: `y` again. */
  readonly again: number[];
  /** Gradients of `Σ weights x`. */
  readonly dy: number[];
  readonly dKernel: number[];
  readonly leaked: number;
}

/** Solves, convolves again and differentiates. */
export async function solveOnBackend(p: PaddedProblem): Promise<PaddedResult> {
  const before = tf.memory().numTensors;
  const [channels, { size }] = [p.shape[3], p];
  const y = tf.tensor(p.y, p.shape);
  const kernel = tf.tensor(p.kernel, [size, size, channels, channels]);
  const inverse = tf.tensor(cornerInverse(p, p.kernel), [channels, channels]);
  const results = tf.tidy(() => {
    const invert = (image: Tensor, k: Tensor) => paddedConvolutionInverse(image, k, invertedCorner(k, inverse));
    const x = invert(y, kernel);
    const weights = tf.tensor(p.weights, p.shape);
    const [dy, dKernel] = tf.grads((image: Tensor, k: Tensor) => tf.sum(tf.mul(invert(image, k), weights)))([
      y,
      kernel,
    ]);
    return [x, paddedConvolution(x, kernel), dy, dKernel];
  });
  const [x, again, dy, dKernel] = await Promise.all(results.map(async (tensor) => [...(await tensor.data())]));
  tf.dispose([y, kernel, inverse, ...results]);
  return { x, again, dy, dKernel, leaked: tf.memory().numTensors - before };
}

/** The known inverse `R` of the corner as a function of the kernel: `dC = -Rᵀ dR Rᵀ`. */
export function invertedCorner(kernel: Tensor, inverse: Tensor): Tensor {
  const [size, , channels] = kernel.shape as number[];
  const corner = tf.reshape(tf.slice(kernel, [size - 1, size - 1, 0, 0]), [channels, channels]);
  return tf.customGrad(() => ({
    value: tf.clone(inverse),
    gradFunc: (upstream) => [tf.neg(tf.matMul(inverse, tf.matMul(upstream, inverse, false, true), true))],
  }))(corner);
}
