import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import type { Conditioner } from '../../conditioners/conditioner.js';
import { VisionTransformer } from '../../conditioners/transformer/vision-transformer.js';
import { FlowConfigError } from '../../errors.js';
import { inversePermutation, permuteAxis } from '../../kernels/permute-axis/op.js';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { halvesFirst, type TokenCouplingKind, type TokenGrid } from './token-halves.js';

/** What a layer on tokens asks of its conditioner; spreads into the options of {@link VisionTransformer} and its like. */
export interface TokenConditionerRequest {
  /** Number of tokens. */
  readonly tokens: number;
  /** Numbers of a token that the network reads. */
  readonly inputs: number;
  /** Numbers that it emits for each token. */
  readonly outputs: number;
  /** Outputs for each token with which the layer is the identity. */
  readonly initialOutput: number[];
}

/** Options of {@link TokenCoupling}. */
export interface TokenCouplingOptions {
  /** Rows and columns of the grid of tokens. */
  readonly grid: TokenGrid;
  /** Entries of one token, an even number. */
  readonly channels: number;
  /** Which half is transformed. */
  readonly kind: TokenCouplingKind;
  /** Transform the first half, given the second, instead of the other way round. Default: false. */
  readonly flip?: boolean;
  /** Upper bound of the scale, above 1. Default: 2. */
  readonly maxScale?: number;
  /** Emits shifts and raw scales from the other half: a network on tokens, or how to build it. */
  readonly conditioner: Conditioner | ((request: TokenConditionerRequest) => Conditioner);
  /** Seed of the order of the channels, for the kind `channels`. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Affine coupling on tokens, `[rows · columns, channels]`. One half `X₁` stays as it is, the other becomes, from data to
 * base, `Z₂ = (X₂ + b) · m σ(r)` with `(b, r)` from a network that reads `X₁`; `log |det J| = Σ log σ(r) + log m`. The scale
 * is bounded by `m`, so the volume of a layer is too.
 *
 * The kind `channels` cuts every token in two, after its channels have been put in a fixed random order (they are put back
 * afterwards). The other kinds leave half of the tokens as they are: every other one as on a `checkerboard`, every other
 * column (`verticalStripes`) or every other row (`horizontalStripes`). For these each token is handed to the network as
 * two of half the size, so that one shape of network serves all kinds.
 *
 * Source: Kolesnikov, Pinto, Tschannen, "Jet: A modern transformer-based normalizing flow", 2024.
 *
 * @cost forward: one pass; inverse: one pass
 */
export class TokenCoupling extends Bijector {
  static override readonly className = 'TokenCoupling';
  static override readonly samples = [
    () => TokenCoupling.sample({ grid: [1, 2], channels: 4, kind: 'channels' }),
    () => TokenCoupling.sample({ grid: [2, 2], channels: 2, kind: 'checkerboard', flip: true, maxScale: 3 }),
    () => TokenCoupling.sample({ grid: [1, 2], channels: 2, kind: 'verticalStripes' }, [2]),
  ];

  /** A small instance for tests and examples. */
  static sample(options: Omit<TokenCouplingOptions, 'conditioner'>, contextShape: Shape | null = null): TokenCoupling {
    const conditioner = (request: TokenConditionerRequest) => new VisionTransformer({ ...request, width: 4, depth: 1, heads: 2, mlpRatio: 2, contextShape, seed: 1 }); // prettier-ignore
    return new TokenCoupling({ ...options, conditioner });
  }

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  readonly #options: Omit<TokenCouplingOptions, 'conditioner'>;
  readonly #axis: 1 | 2;
  readonly #flip: boolean;
  readonly #maxScale: number;
  readonly #order: readonly number[];
  readonly #orderBack: readonly number[];
  readonly #conditioner: Conditioner;

  /** @throws FlowConfigError for a grid or channels without equal halves, a scale of at most 1, or a conditioner that does not fit. */
  constructor({ grid, channels, kind, flip = false, maxScale = 2, conditioner, seed = 0 }: TokenCouplingOptions) {
    super();
    grid.forEach((length, i) => checkInteger(`TokenCoupling.grid[${i}]`, length));
    checkInteger('TokenCoupling.channels', channels);
    if (!(maxScale > 1 && Number.isFinite(maxScale))) {
      throw new FlowConfigError('TokenCoupling.maxScale', { expected: 'a number above 1', got: String(maxScale) });
    }
    const stream = RandomStream.from(seed);
    const tokens = grid[0] * grid[1];
    this.#order = halvesFirst(kind, grid, channels, stream);
    this.#orderBack = inversePermutation(this.#order);
    const request = TokenCoupling.request(grid, channels, maxScale);
    const network = typeof conditioner === 'function' ? conditioner(request) : conditioner;
    if (network.inputs !== request.inputs || network.outputs !== request.outputs) {
      throw new FlowConfigError('TokenCoupling', {
        expected: `a conditioner from ${request.inputs} inputs to ${request.outputs} outputs a token`,
        got: `${network.inputs} to ${network.outputs}`,
        hint: 'Pass a function `(request) => new VisionTransformer({ ...request, width, depth, heads })` to have it sized.',
      });
    }
    this.eventShapeIn = [tokens, channels];
    this.eventShapeOut = [tokens, channels];
    this.#axis = kind === 'channels' ? 2 : 1;
    this.#flip = flip;
    this.#maxScale = maxScale;
    this.#conditioner = this.child('conditioner', network);
    this.contextShape = network.contextShape;
    this.#options = { grid, channels, kind, flip, maxScale, seed: stream.key };
  }

  /** Sizes of the conditioner, the same for every kind. */
  static request(grid: TokenGrid, channels: number, maxScale = 2): TokenConditionerRequest {
    const half = channels / 2;
    // m σ(r) = 1
    const raw = Math.log(1 / (maxScale - 1));
    const initialOutput = Array.from({ length: channels }, (_, i) => (i < half ? 0 : raw));
    return { tokens: grid[0] * grid[1], inputs: half, outputs: channels, initialOutput };
  }

  override initialize(data: Tensor, context: Tensor | null = null): void {
    tf.tidy(() => this.#conditioner.initialize(this.#asTokens(this.#halves(data)[0]), context));
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.#couple(x, context, (half, shift, raw) => {
      const value = tf.sub(tf.div(half, tf.mul(tf.sigmoid(raw), this.#maxScale)), shift);
      return [value, tf.neg(this.#logScale(raw))];
    });
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.#couple(y, context, (half, shift, raw) => {
      const value = tf.mul(tf.add(half, shift), tf.mul(tf.sigmoid(raw), this.#maxScale));
      return [value, this.#logScale(raw)];
    });
  }

  override getConfig(): Config {
    return { ...this.#options, conditioner: this.#conditioner };
  }

  /** Maps one half of the tokens, given the other: all of `[batch, tokens, channels / 2]` as the network sees them. */
  #couple(
    x: Tensor,
    context: Tensor | null,
    map: (half: Tensor, shift: Tensor, raw: Tensor) => ValueAndLogDet,
  ): ValueAndLogDet {
    const [kept, changed] = this.#halves(x);
    const parameters = this.#conditioner.apply(this.#asTokens(kept), context);
    const [shift, raw] = tf.split(parameters, 2, 2);
    const [value, logDet] = map(this.#asTokens(changed), shift, raw);
    const mapped = tf.reshape(value, changed.shape);
    const halves = this.#flip ? [mapped, kept] : [kept, mapped];
    return [permuteAxis(tf.concat(halves, this.#axis), this.#orderBack, this.#axis), logDet];
  }

  /** The half that is kept, and the one that is not. */
  #halves(x: Tensor): [kept: Tensor, changed: Tensor] {
    const [first, second] = tf.split(permuteAxis(x, this.#order, this.#axis), 2, this.#axis);
    return this.#flip ? [second, first] : [first, second];
  }

  /** A half as the network sees it, `[batch, tokens, channels / 2]`. */
  #asTokens(half: Tensor): Tensor {
    const [tokens, channels] = this.eventShapeIn;
    return tf.reshape(half, [half.shape[0], tokens, channels / 2]);
  }

  /** `Σ log (m σ(r))` of each row. */
  #logScale(raw: Tensor): Tensor {
    return tf.sum(tf.sub(Math.log(this.#maxScale), tf.softplus(tf.neg(raw))), [1, 2]);
  }
}
