import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Module, type Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import { checkInteger } from '../check.js';
import { Dense } from '../dense.js';
import { checkHeads, checkNorm, type NormName } from './check-transformer.js';
import { eachToken } from './each-token.js';
import { LayerNorm } from './layer-norm.js';
import { MultiHeadAttention, type KeysAndValues } from './multi-head-attention.js';
import { RMSNorm } from './rms-norm.js';
import { xavierRange } from './xavier-range.js';

/** Options of {@link TransformerBlock}. */
export interface TransformerBlockOptions {
  /** Entries of one token. */
  readonly width: number;
  /** Number of heads, a divisor of the width. */
  readonly heads: number;
  /** Whether a token sees itself and those before it only. Default: false. */
  readonly causal?: boolean;
  /** Normalise queries and keys of each head. Default: false. */
  readonly qkNorm?: boolean;
  /** What normalises the tokens: {@link LayerNorm} or {@link RMSNorm}. Default: `layer`. */
  readonly norm?: NormName;
  /** Width of the hidden layer in widths of a token. Default: 4. */
  readonly mlpRatio?: number;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Pre-norm transformer block: `h ← h + attention(norm(h))`, then `h ← h + mlp(norm(h))` with one hidden layer of GELU
 * units.
 *
 * Source: Vaswani et al., "Attention is all you need", 2017, with norms in front as in Dosovitskiy et al., "An image is
 * worth 16x16 words", 2021.
 */
export class TransformerBlock extends Module {
  static override readonly className: string = 'TransformerBlock';

  readonly #attentionNorm: LayerNorm | RMSNorm;
  readonly #attention: MultiHeadAttention;
  readonly #mlpNorm: LayerNorm | RMSNorm;
  readonly #hidden: Dense;
  readonly #output: Dense;
  readonly #config: Config;

  /** @throws FlowConfigError for sizes or a norm that make no block. */
  constructor(options: TransformerBlockOptions) {
    super();
    const { width, heads, causal = false, qkNorm = false, norm = 'layer', mlpRatio = 4, seed = 0 } = options;
    checkHeads('TransformerBlock', width, heads);
    checkNorm('TransformerBlock.norm', norm);
    checkInteger('TransformerBlock.mlpRatio', mlpRatio);
    const stream = RandomStream.from(seed);
    const hidden = mlpRatio * width;
    const initialRange = xavierRange(width, hidden);
    this.#attentionNorm = this.child('attentionNorm', makeNorm(norm, width));
    this.#attention = this.child(
      'attention',
      new MultiHeadAttention({ width, heads, causal, qkNorm, seed: stream.split('attention') }),
    );
    this.#mlpNorm = this.child('mlpNorm', makeNorm(norm, width));
    this.#hidden = this.child(
      'hidden',
      new Dense({ inputs: width, outputs: hidden, activation: 'gelu', initialRange, seed: stream.split('hidden') }),
    );
    this.#output = this.child(
      'output',
      new Dense({ inputs: hidden, outputs: width, initialRange, seed: stream.split('output') }),
    );
    this.#config = { width, heads, causal, qkNorm, norm, mlpRatio, seed: stream.key };
  }

  /** `[batch, tokens, width]` → `[batch, tokens, width]`. */
  apply(h: Tensor): Tensor {
    return tf.tidy(() => this.#afterAttention(h, this.#attention.apply(this.#attentionNorm.apply(h))));
  }

  /** The outputs of further tokens, see {@link MultiHeadAttention.extend}. */
  extend(h: Tensor, before: KeysAndValues | null): [output: Tensor, known: KeysAndValues] {
    return tf.tidy(() => {
      const [output, known] = this.#attention.extend(this.#attentionNorm.apply(h), before);
      return [this.#afterAttention(h, output), known];
    });
  }

  override getConfig(): Config {
    return this.#config;
  }

  #afterAttention(h: Tensor, attended: Tensor): Tensor {
    const sum = tf.add(h, attended);
    const mlp = (rows: Tensor) => this.#output.apply(this.#hidden.apply(rows));
    return tf.add(sum, eachToken(this.#mlpNorm.apply(sum), mlp));
  }
}

/** The normalisation of this name, for tokens of this width. */
export function makeNorm(norm: NormName, width: number): LayerNorm | RMSNorm {
  return norm === 'layer' ? new LayerNorm({ width }) : new RMSNorm({ width });
}
