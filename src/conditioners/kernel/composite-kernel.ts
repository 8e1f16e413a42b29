import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import { KernelFunction, part } from './kernel-function.js';

/** Options of {@link SumKernel} and {@link ProductKernel}. */
export interface CompositeKernelOptions {
  /** The kernels that it is made of, each with length-scales of its own. */
  readonly kernels: readonly KernelFunction[];
}

/** A kernel made of others. Raw parameters of its parts follow each other. */
export abstract class CompositeKernel extends KernelFunction {
  /** The parts. */
  readonly kernels: readonly KernelFunction[];

  /** @throws FlowConfigError for an empty list. */
  constructor(name: string, { kernels }: CompositeKernelOptions) {
    super();
    if (kernels.length === 0) throw new FlowConfigError(name, { expected: 'at least one kernel', got: 'none' });
    this.kernels = kernels;
  }

  override parameterCount(dims: number): number {
    return this.kernels.reduce((sum, kernel) => sum + kernel.parameterCount(dims), 0);
  }

  override initialParameters(dims: number): number[] {
    return this.kernels.flatMap((kernel) => kernel.initialParameters(dims));
  }

  override getConfig(): Config {
    return { kernels: this.kernels };
  }

  /** Gram matrices of the parts. */
  protected grams(x: Tensor, points: Tensor, raw: Tensor, unit: Tensor): Tensor[] {
    let from = 0;
    return this.kernels.map((kernel) => {
      const count = kernel.parameterCount(points.shape[1]!);
      from += count;
      return kernel.gram(x, points, part(raw, from - count, count), unit);
    });
  }
}
