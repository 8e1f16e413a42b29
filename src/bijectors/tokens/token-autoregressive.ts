import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import { CausalTransformer } from '../../conditioners/transformer/causal-transformer.js';
import type { KeysAndValues } from '../../conditioners/transformer/multi-head-attention.js';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import type { TokenConditionerRequest } from './token-coupling.js';

/** Options of {@link TokenAutoregressive}. */
export interface TokenAutoregressiveOptions {
  /** Number of tokens, at least two. */
  readonly tokens: number;
  /** Entries of one token. */
  readonly channels: number;
  /** Go through the tokens from the last to the first. Default: false. */
  readonly flip?: boolean;
  /** Keep shifts and log-scales within plus or minus this, `c tanh(raw / c)`. Default: null, not at all. */
  readonly softClip?: number | null;
  /** Emits shifts and log-scales: a causal network, or how to build it. */
  readonly conditioner: CausalTransformer | ((request: TokenConditionerRequest) => CausalTransformer);
}

/**
 * Autoregressive affine layer on tokens, `[tokens, channels]`: from data to base `zᵢ = (xᵢ - mᵢ) exp(-aᵢ)` with
 * `(mᵢ, aᵢ)` from a causal transformer that reads the tokens before `xᵢ`; `log |det J| = -Σ a`. The first token stays as it
 * is. With `flip` the tokens are gone through backward: layers alternate.
 *
 * The density direction (`inverse`) is one pass. Generation (`forward`) goes token by token; keys and values of earlier
 * tokens are kept, so that each costs one token and its attention to those before. Gradients flow both ways.
 *
 * Source: TARFlow (Zhai et al., "Normalizing flows are capable generative models", 2024); the soft clip is that of
 * STARFlow (Gu et al., 2025).
 *
 * @cost forward: passes (one a token); inverse: one pass
 * @example
 * new TokenAutoregressive({
 *   tokens: 64,
 *   channels: 12,
 *   conditioner: (request) => new CausalTransformer({ ...request, width: 256, depth: 4, heads: 4 }),
 * });
 */
export class TokenAutoregressive extends Bijector {
  static override readonly className = 'TokenAutoregressive';
  static override readonly samples = [
    () => {
      const conditioner = (request: TokenConditionerRequest) => new CausalTransformer({ ...request, width: 4, depth: 1, heads: 2, mlpRatio: 2, seed: 1 }); // prettier-ignore
      return new TokenAutoregressive({ tokens: 3, channels: 2, conditioner });
    },
    () => {
      const conditioner = (request: TokenConditionerRequest) => new CausalTransformer({ ...request, width: 4, depth: 1, heads: 1, mlpRatio: 2, contextShape: [2], seed: 2 }); // prettier-ignore
      return new TokenAutoregressive({ tokens: 2, channels: 1, flip: true, softClip: 4, conditioner });
    },
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  readonly #flip: boolean;
  readonly #softClip: number | null;
  readonly #conditioner: CausalTransformer;

  /** @throws FlowConfigError for less than two tokens, a clip that is not positive, or a conditioner that does not fit. */
  constructor({ tokens, channels, flip = false, softClip = null, conditioner }: TokenAutoregressiveOptions) {
    super();
    checkInteger('TokenAutoregressive.tokens', tokens, 2);
    checkInteger('TokenAutoregressive.channels', channels);
    if (softClip !== null && !(softClip > 0 && Number.isFinite(softClip))) {
      throw new FlowConfigError('TokenAutoregressive.softClip', { expected: 'a positive number, or null', got: String(softClip) }); // prettier-ignore
    }
    const outputs = 2 * channels;
    const request = { tokens, inputs: channels, outputs, initialOutput: Array<number>(outputs).fill(0) };
    const network = typeof conditioner === 'function' ? conditioner(request) : conditioner;
    if (network.tokens !== tokens || network.inputs !== channels || network.outputs !== outputs) {
      throw new FlowConfigError('TokenAutoregressive', {
        expected: `a causal conditioner on ${tokens} tokens, from ${channels} inputs to ${outputs} outputs each`,
        got: `${network.tokens} tokens, ${network.inputs} to ${network.outputs}`,
        hint: 'Pass a function `(request) => new CausalTransformer({ ...request, width, depth, heads })` to have it sized.',
      });
    }
    this.eventShapeIn = [tokens, channels];
    this.eventShapeOut = [tokens, channels];
    this.#flip = flip;
    this.#softClip = softClip;
    this.#conditioner = this.child('conditioner', network);
    this.contextShape = network.contextShape;
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    const ordered = this.#ordered(y);
    const [shift, logScale] = this.#affine(this.#conditioner.apply(ordered, context));
    const value = tf.mul(tf.sub(ordered, shift), tf.exp(tf.neg(logScale)));
    return [this.#ordered(value), tf.neg(tf.sum(logScale, [1, 2]))];
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    const [tokens] = this.eventShapeIn;
    const inputs = tf.split(this.#ordered(x), tokens, 1);
    const values: Tensor[] = [];
    const logScales: Tensor[] = [];
    let raw = this.#conditioner.first(x.shape[0]);
    let known: KeysAndValues[] | null = null;
    for (const [i, input] of inputs.entries()) {
      const [shift, logScale] = this.#affine(raw);
      values.push(tf.add(tf.mul(input, tf.exp(logScale)), shift));
      logScales.push(logScale);
      if (i + 1 === tokens) break;
      const before: KeysAndValues[] | null = known;
      [raw, known] = this.#conditioner.next(values[i], i, context, before);
      // Each holds all that those before it did.
      tf.dispose(before ?? []);
    }
    return [this.#ordered(tf.concat(values, 1)), tf.sum(tf.concat(logScales, 1), [1, 2])];
  }

  override getConfig(): Config {
    const [tokens, channels] = this.eventShapeIn;
    return { tokens, channels, flip: this.#flip, softClip: this.#softClip, conditioner: this.#conditioner };
  }

  /** Tokens in the order in which they depend on each other, and back. */
  #ordered(x: Tensor): Tensor {
    return this.#flip ? tf.reverse(x, 1) : x;
  }

  /** Shift and log-scale of each token, `[batch, tokens, channels]` each. */
  #affine(raw: Tensor): Tensor[] {
    const clip = this.#softClip;
    return tf.split(clip === null ? raw : tf.mul(tf.tanh(tf.div(raw, clip)), clip), 2, 2);
  }
}
