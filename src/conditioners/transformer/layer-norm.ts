import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { rowNorm } from '../../kernels/row-norm/op.js';
import { Module, type Config } from '../../module.js';
import { checkInteger } from '../check.js';
import { checkEpsilon } from './check-transformer.js';
import { eachToken } from './each-token.js';

/** Options of {@link LayerNorm} and {@link RMSNorm}. */
export interface NormOptions {
  /** Entries of one row. */
  readonly width: number;
  /** Added to the mean square of a row. Default: 1e-5. */
  readonly epsilon?: number;
}

/**
 * Layer normalisation, `y = (x - mean) / √(mean (x - mean)² + ε) ∘ gain + bias` over the last axis; it does not overflow,
 * however large the entries are.
 *
 * For conditioners that see whole rows: it is not invertible, and in a masked network it would let every output see
 * every input.
 *
 * Source: Ba, Kiros, Hinton, "Layer Normalization", 2016.
 */
export class LayerNorm extends Module {
  static override readonly className: string = 'LayerNorm';

  readonly #gain: Variable;
  readonly #bias: Variable;
  readonly #epsilon: number;
  readonly #config: Config;

  /** @throws FlowConfigError for a width that is no positive integer, or an epsilon that is not positive. */
  constructor({ width, epsilon = 1e-5 }: NormOptions) {
    super();
    checkInteger('LayerNorm.width', width);
    checkEpsilon('LayerNorm.epsilon', epsilon);
    this.#gain = this.weight('gain', [width], new Float32Array(width).fill(1));
    this.#bias = this.weight('bias', [width], new Float32Array(width));
    this.#epsilon = epsilon;
    this.#config = { width, epsilon };
  }

  /** `[..., width]` → `[..., width]`. */
  apply(x: Tensor): Tensor {
    const attributes = { center: true, epsilon: this.#epsilon };
    return tf.tidy(() => eachToken(x, (rows) => rowNorm(rows, this.#gain, this.#bias, attributes)));
  }

  override getConfig(): Config {
    return this.#config;
  }
}
