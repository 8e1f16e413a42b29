import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { CompositeKernel, type CompositeKernelOptions } from './composite-kernel.js';
import { part } from './kernel-function.js';
import { MaternKernel } from './matern-kernel.js';
import { SquaredExponentialKernel } from './squared-exponential-kernel.js';

/**
 * `k = Σ_m v_m k_m` with trained weights `v_m > 0`, equal at the start with sum 1: structure at several scales at once.
 * Logarithms of the weights follow the raw parameters of the parts.
 */
export class SumKernel extends CompositeKernel {
  static override readonly className = 'SumKernel';
  static override readonly samples = [
    () => new SumKernel({ kernels: [new SquaredExponentialKernel(), new MaternKernel({ nu: 0.5, lengthScale: 0.3 })] }),
  ];

  /** @throws FlowConfigError for an empty list. */
  constructor(options: CompositeKernelOptions) {
    super('SumKernel', options);
  }

  override parameterCount(dims: number): number {
    return super.parameterCount(dims) + this.kernels.length;
  }

  override initialParameters(dims: number): number[] {
    const { length } = this.kernels;
    return [...super.initialParameters(dims), ...Array<number>(length).fill(-Math.log(length))];
  }

  override gram(x: Tensor, points: Tensor, raw: Tensor, unit: Tensor): Tensor {
    const weights = tf.exp(part(raw, raw.size - this.kernels.length, this.kernels.length));
    return this.grams(x, points, raw, unit)
      .map((gram, m) => tf.mul(gram, part(weights, m, 1)))
      .reduce((sum, gram) => tf.add(sum, gram));
  }
}
