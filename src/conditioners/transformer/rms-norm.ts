import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { rowNorm } from '../../kernels/row-norm/op.js';
import { Module, type Config } from '../../module.js';
import { checkInteger } from '../check.js';
import { checkEpsilon } from './check-transformer.js';
import { eachToken } from './each-token.js';
import type { NormOptions } from './layer-norm.js';

/**
 * Root mean square normalisation, `y = x / √(mean x² + ε) ∘ gain` over the last axis: {@link LayerNorm} without mean and
 * bias, and like it safe from overflow.
 *
 * Source: Zhang, Sennrich, "Root Mean Square Layer Normalization", 2019.
 */
export class RMSNorm extends Module {
  static override readonly className: string = 'RMSNorm';

  readonly #gain: Variable;
  readonly #noBias: Tensor;
  readonly #epsilon: number;
  readonly #config: Config;

  /** @throws FlowConfigError for a width that is no positive integer, or an epsilon that is not positive. */
  constructor({ width, epsilon = 1e-5 }: NormOptions) {
    super();
    checkInteger('RMSNorm.width', width);
    checkEpsilon('RMSNorm.epsilon', epsilon);
    this.#gain = this.weight('gain', [width], new Float32Array(width).fill(1));
    this.#noBias = this.constant('noBias', tf.zeros([width]));
    this.#epsilon = epsilon;
    this.#config = { width, epsilon };
  }

  /** `[..., width]` → `[..., width]`. */
  apply(x: Tensor): Tensor {
    const attributes = { center: false, epsilon: this.#epsilon };
    return tf.tidy(() => eachToken(x, (rows) => rowNorm(rows, this.#gain, this.#noBias, attributes)));
  }

  override getConfig(): Config {
    return this.#config;
  }
}
