import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { RadialKernel, type RadialKernelOptions } from './radial-kernel.js';

/** `k = exp(-r² / 2)`, the smoothest of the kernels; `r` is the distance in length-scales. */
export class SquaredExponentialKernel extends RadialKernel {
  static override readonly className = 'SquaredExponentialKernel';
  static override readonly samples = [() => new SquaredExponentialKernel()];

  protected override readonly factor = 0.5;

  /** @throws FlowConfigError for a length-scale that is not positive. */
  constructor(options: RadialKernelOptions = {}) {
    super('SquaredExponentialKernel', options);
  }

  protected override profile(squares: Tensor): Tensor {
    return tf.exp(tf.neg(squares));
  }
}
