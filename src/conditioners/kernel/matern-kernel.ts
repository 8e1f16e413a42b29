import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import { RadialKernel, type RadialKernelOptions } from './radial-kernel.js';

/** Options of {@link MaternKernel}. */
export interface MaternKernelOptions extends RadialKernelOptions {
  /** Smoothness: functions are differentiable less often than this. Default: 2.5. */
  readonly nu?: 0.5 | 1.5 | 2.5;
}

/** Added to squares before their root, whose slope at zero would be infinite. */
const TINY = 1e-12;

/**
 * Matérn kernels. With `s = √(2ν) r`, `r` the distance in length-scales:
 *
 * `ν = 1/2: exp(-s)`, `ν = 3/2: (1 + s) exp(-s)`, `ν = 5/2: (1 + s + s²/3) exp(-s)`.
 *
 * Source: Rasmussen and Williams, "Gaussian processes for machine learning", 2006, section 4.2.1.
 */
export class MaternKernel extends RadialKernel {
  static override readonly className = 'MaternKernel';
  static override readonly samples = ([0.5, 1.5, 2.5] as const).map((nu) => () => new MaternKernel({ nu }));

  protected override readonly factor: number;
  readonly #nu: 0.5 | 1.5 | 2.5;

  /** @throws FlowConfigError for another smoothness, or a length-scale that is not positive. */
  constructor({ nu = 2.5, ...options }: MaternKernelOptions = {}) {
    super('MaternKernel', options);
    if (![0.5, 1.5, 2.5].includes(nu)) {
      throw new FlowConfigError('MaternKernel.nu', { expected: '0.5, 1.5 or 2.5', got: String(nu) });
    }
    this.#nu = nu;
    this.factor = 2 * nu;
  }

  protected override profile(squares: Tensor): Tensor {
    const s = tf.sqrt(tf.add(squares, TINY));
    const decay = tf.exp(tf.neg(s));
    if (this.#nu === 0.5) return decay;
    const linear = tf.add(s, 1);
    return tf.mul(this.#nu === 1.5 ? linear : tf.add(linear, tf.mul(squares, 1 / 3)), decay);
  }

  override getConfig(): Config {
    return { nu: this.#nu, ...super.getConfig() };
  }
}
