import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../../module.js';
import { checkPositiveNumber, RadialKernel, type RadialKernelOptions } from './radial-kernel.js';

/** Options of {@link RationalQuadraticKernel}. */
export interface RationalQuadraticKernelOptions extends RadialKernelOptions {
  /** `α` to start from; it is trained by factors. Default: 1. */
  readonly alpha?: number;
}

/**
 * `k = (1 + r² / (2α))^-α`, `r` the distance in length-scales: a mixture of squared exponentials of all lengths, which
 * reaches far. The larger `α`, the nearer to one alone.
 *
 * Source: Rasmussen and Williams, "Gaussian processes for machine learning", 2006, equation 4.19.
 */
export class RationalQuadraticKernel extends RadialKernel {
  static override readonly className = 'RationalQuadraticKernel';
  static override readonly samples = [() => new RationalQuadraticKernel({ alpha: 0.7 })];

  protected override readonly factor = 0.5;
  readonly #alpha: number;

  /** @throws FlowConfigError for a length-scale or an `alpha` that is not positive. */
  constructor({ alpha = 1, ...options }: RationalQuadraticKernelOptions = {}) {
    super('RationalQuadraticKernel', options);
    this.#alpha = checkPositiveNumber('RationalQuadraticKernel.alpha', alpha);
  }

  protected override get initialShape(): readonly number[] {
    return [0];
  }

  protected override profile(squares: Tensor, shape: Tensor): Tensor {
    const alpha = tf.mul(tf.exp(shape), this.#alpha);
    return tf.exp(tf.mul(tf.log(tf.add(tf.div(squares, alpha), 1)), tf.neg(alpha)));
  }

  override getConfig(): Config {
    return { alpha: this.#alpha, ...super.getConfig() };
  }
}
