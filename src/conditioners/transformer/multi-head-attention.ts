import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { attention } from '../../kernels/attention/op.js';
import { Module, type Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import { Dense } from '../dense.js';
import { checkHeads } from './check-transformer.js';
import { eachToken } from './each-token.js';
import { RMSNorm } from './rms-norm.js';
import { xavierRange } from './xavier-range.js';

/** Options of {@link MultiHeadAttention}. */
export interface MultiHeadAttentionOptions {
  /** Entries of one token. */
  readonly width: number;
  /** Number of heads, a divisor of the width. */
  readonly heads: number;
  /** Whether a token sees itself and those before it only. Default: false. */
  readonly causal?: boolean;
  /** Normalise queries and keys of each head, with trained gains, which keeps deep stacks stable. Default: false. */
  readonly qkNorm?: boolean;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/** Keys and values of the tokens so far, `[batch, heads, tokens, width / heads]` each. */
export type KeysAndValues = [keys: Tensor, values: Tensor];

/**
 * Self-attention: queries, keys and values are linear in the tokens, each head mixes its part of the values with weights
 * `softmax(q kᵀ / √d)`, and a linear layer puts the heads together.
 *
 * Source: Vaswani et al., "Attention is all you need", 2017; `qkNorm` as in Dehghani et al., "Scaling vision transformers
 * to 22 billion parameters", 2023, with root mean squares.
 */
export class MultiHeadAttention extends Module {
  static override readonly className: string = 'MultiHeadAttention';

  readonly #width: number;
  readonly #heads: number;
  readonly #causal: boolean;
  readonly #project: Dense;
  readonly #queryNorm: RMSNorm | null;
  readonly #keyNorm: RMSNorm | null;
  readonly #output: Dense;
  readonly #config: Config;

  /** @throws FlowConfigError for sizes that are no positive integers, or heads that do not divide the width. */
  constructor({ width, heads, causal = false, qkNorm = false, seed = 0 }: MultiHeadAttentionOptions) {
    super();
    checkHeads('MultiHeadAttention', width, heads);
    const stream = RandomStream.from(seed);
    const initialRange = xavierRange(width, width);
    const projection = { inputs: width, outputs: 3 * width, initialRange, seed: stream.split('project') };
    this.#project = this.child('project', new Dense(projection));
    this.#queryNorm = qkNorm ? this.child('queryNorm', new RMSNorm({ width: width / heads })) : null;
    this.#keyNorm = qkNorm ? this.child('keyNorm', new RMSNorm({ width: width / heads })) : null;
    const output = { inputs: width, outputs: width, initialRange, seed: stream.split('output') };
    this.#output = this.child('output', new Dense(output));
    this.#width = width;
    this.#heads = heads;
    this.#causal = causal;
    this.#config = { width, heads, causal, qkNorm, seed: stream.key };
  }

  /** `[batch, tokens, width]` → `[batch, tokens, width]`. */
  apply(x: Tensor): Tensor {
    return tf.tidy(() => {
      const [q, k, v] = this.#partsOf(x);
      return this.#together(attention(q, k, v, { causal: this.#causal }));
    });
  }

  /**
   * The outputs of further tokens, `[batch, tokens, width]`, which see all those before: as {@link apply} on all tokens at
   * once, if it is causal, but without going over the earlier ones again.
   *
   * @returns the outputs, and keys and values of all tokens
   */
  extend(x: Tensor, before: KeysAndValues | null): [output: Tensor, known: KeysAndValues] {
    return tf.tidy(() => {
      const [q, k, v] = this.#partsOf(x);
      const keys = before ? tf.concat([before[0], k], 2) : k;
      const values = before ? tf.concat([before[1], v], 2) : v;
      return [this.#together(attention(q, keys, values, { causal: true })), [keys, values]];
    });
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** Queries, keys and values, `[batch, heads, tokens, width / heads]` each. */
  #partsOf(x: Tensor): [Tensor, Tensor, Tensor] {
    const [batch, tokens] = x.shape;
    const split = tf.split(
      eachToken(x, (rows) => this.#project.apply(rows)),
      3,
      2,
    );
    const [q, k, v] = split.map((part) =>
      tf.transpose(tf.reshape(part, [batch, tokens, this.#heads, this.#width / this.#heads]), [0, 2, 1, 3]),
    );
    return [this.#queryNorm?.apply(q) ?? q, this.#keyNorm?.apply(k) ?? k, v];
  }

  /** `[batch, heads, tokens, width / heads]` → `[batch, tokens, width]`, through the last layer. */
  #together(y: Tensor): Tensor {
    const [batch, , tokens] = y.shape;
    const tokenwise = tf.reshape(tf.transpose(y, [0, 2, 1, 3]), [batch, tokens, this.#width]);
    return eachToken(tokenwise, (rows) => this.#output.apply(rows));
  }
}
