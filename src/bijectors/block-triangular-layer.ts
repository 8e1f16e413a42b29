import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { Module, type Config } from '../module.js';
import type { RandomStream } from '../random.js';

/** Options of {@link BlockTriangularLayer}. */
export interface BlockTriangularLayerOptions {
  readonly dims: number;
  /** Units that each coordinate has on either side of the layer. */
  readonly inputs: number;
  readonly outputs: number;
  readonly stream: RandomStream;
}

/** The weights of a layer, ready for use. */
export interface BlockWeights {
  /** `[dims · inputs, dims · outputs]`: block `(i, j)` leads from coordinate `i` to coordinate `j ≥ i`. */
  readonly kernel: Tensor;
  /** Logarithms of the blocks on the diagonal, `[dims, inputs, outputs]`. */
  readonly logDiagonal: Tensor;
  /** `[dims · outputs]` */
  readonly bias: Tensor;
}

/**
 * A linear layer of which each coordinate has a block of units that sees its own block below through positive weights, and
 * those of earlier coordinates through any: `diagonal` holds logarithms. The weights of each unit are divided by their
 * length and multiplied by `exp(logNorm)`.
 *
 * Source: De Cao, Titov, Aziz, "Block neural autoregressive flow", 2019, section 3.2.
 */
export class BlockTriangularLayer extends Module {
  static override readonly className = 'BlockTriangularLayer';

  readonly inputs: number;
  readonly outputs: number;
  readonly #dims: number;
  readonly #diagonal: Variable;
  /** Null for one coordinate, which has none before it. */
  readonly #below: Variable | null = null;
  readonly #logNorm: Variable;
  readonly #bias: Variable;
  readonly #onDiagonal: Tensor;
  readonly #belowDiagonal: Tensor;

  constructor({ dims, inputs, outputs, stream }: BlockTriangularLayerOptions) {
    super();
    this.inputs = inputs;
    this.outputs = outputs;
    this.#dims = dims;
    const [rows, columns] = [dims * inputs, dims * outputs];
    const spread = 1 / Math.sqrt(rows);
    const uniform = (name: string, count: number) => stream.split(name).uniform(count, -spread, spread);
    this.#diagonal = this.weight('diagonal', [dims, inputs, outputs], uniform('diagonal', dims * inputs * outputs));
    if (dims > 1) this.#below = this.weight('below', [rows, columns], uniform('below', rows * columns));
    this.#logNorm = this.weight('logNorm', [columns], new Float32Array(columns));
    this.#bias = this.weight('bias', [columns], stream.split('bias').uniform(columns, -1, 1));
    const mask = (keeps: (from: number, to: number) => boolean) =>
      tf.tidy(() =>
        tf.tensor2d(
          Float32Array.from({ length: rows * columns }, (_, i) =>
            keeps(Math.floor(Math.floor(i / columns) / inputs), Math.floor((i % columns) / outputs)) ? 1 : 0,
          ),
          [rows, columns],
        ),
      );
    this.#onDiagonal = this.constant('onDiagonal', mask((from, to) => from === to)); // prettier-ignore
    this.#belowDiagonal = this.constant('belowDiagonal', mask((from, to) => from < to)); // prettier-ignore
  }

  weights(): BlockWeights {
    const [dims, rows, outputs] = [this.#dims, this.#dims * this.inputs, this.outputs];
    const positive = tf.mul(tf.tile(tf.reshape(tf.exp(this.#diagonal), [rows, outputs]), [1, dims]), this.#onDiagonal);
    const all = this.#below ? tf.add(positive, tf.mul(this.#below, this.#belowDiagonal)) : positive;
    const logScale = tf.sub(this.#logNorm, tf.mul(tf.log(tf.sum(tf.square(all), 0)), 0.5));
    return {
      kernel: tf.mul(all, tf.exp(logScale)),
      logDiagonal: tf.add(this.#diagonal, tf.reshape(logScale, [dims, 1, outputs])),
      bias: this.#bias,
    };
  }

  override getConfig(): Config {
    return { dims: this.#dims, inputs: this.inputs, outputs: this.outputs };
  }
}
