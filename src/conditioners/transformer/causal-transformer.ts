import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../check.js';
import type { Conditioner } from '../conditioner.js';
import type { KeysAndValues } from './multi-head-attention.js';
import { TokenTransformer, type TokenTransformerOptions } from './token-transformer.js';

/**
 * A transformer whose outputs for a token depend on the tokens before it only, `[batch, tokens, inputs]` →
 * `[batch, tokens, outputs]`. Nothing stands before the first token: its outputs are `initialOutput`, or zero.
 *
 * It reads all tokens but the last in one pass with causal attention; the outputs at a token are those for the next one.
 * {@link next} gives the same token by token, each at the cost of one token and the attention to those before.
 *
 * Source: the blocks of TARFlow (Zhai et al., "Normalizing flows are capable generative models", 2024).
 */
export class CausalTransformer extends TokenTransformer {
  static override readonly className: string = 'CausalTransformer';
  static override readonly samples: readonly (() => Conditioner)[] = [
    () => new CausalTransformer({ tokens: 3, inputs: 2, outputs: 4, width: 8, depth: 2, heads: 2 }),
    () => new CausalTransformer({ tokens: 4, inputs: 3, outputs: 2, width: 6, depth: 1, heads: 3, norm: 'rms', qkNorm: true, mlpRatio: 2, contextShape: [2] }), // prettier-ignore
  ];

  readonly #first: readonly number[];

  /** @throws FlowConfigError for less than two tokens, or a size, norm or initial output that makes no network. */
  constructor(options: TokenTransformerOptions) {
    checkInteger('CausalTransformer.tokens', options.tokens, 2);
    super('CausalTransformer', options, options.tokens - 1, true);
    this.#first = options.initialOutput ?? Array<number>(options.outputs).fill(0);
  }

  /** Outputs for the first token, `[batch, 1, outputs]`. */
  first(batch: number): Tensor {
    return tf.tidy(() => tf.add(tf.zeros([batch, 1, this.outputs]), tf.tensor1d([...this.#first])));
  }

  /**
   * Outputs for the token after `token`, `[batch, 1, inputs]` → `[batch, 1, outputs]`.
   *
   * @param position number of `token`, from 0
   * @param before what the call for the token before gave with its outputs: keys and values in each block; null at the first
   */
  next(
    token: Tensor,
    position: number,
    context: Tensor | null,
    before: readonly KeysAndValues[] | null,
  ): [output: Tensor, known: KeysAndValues[]] {
    return tf.tidy(() => {
      let h = this.embed(token, context, position);
      const known = this.blocks.map((block, i) => {
        const [output, own] = block.extend(h, before?.[i] ?? null);
        h = output;
        return own;
      });
      return [this.finish(h), known];
    });
  }

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    const [batch, tokens, inputs] = x.shape;
    const read = tf.slice(x, [0, 0, 0], [batch, tokens - 1, inputs]);
    const h = this.blocks.reduce((at, block) => block.apply(at), this.embed(read, context));
    return tf.concat([this.first(batch), this.finish(h)], 1);
  }
}
