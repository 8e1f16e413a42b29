import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { Module, type Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { activate, type ActivationName } from '../activation.js';
import { dropout } from '../dropout.js';
import type { NormalisationName } from '../normalisation/normalise.js';
import { contextLayer, fromContext, type ContextKind, type ContextLayer } from './context-map.js';
import { Conv } from './conv.js';

/** {@link NormalisationName}, or `fixup`: no normalisation, but a start that needs none at any depth. */
export type ResidualNormalisationName = NormalisationName | 'fixup';

/** Options of {@link ResidualConvBlock}. */
export interface ResidualConvBlockOptions {
  /** Channels of the input and of the output. */
  readonly width: number;
  /** Height and width of both filters. */
  readonly kernelSize: number;
  /** Before each convolution. */
  readonly activation: ActivationName;
  /** Shape of one context; null for none. */
  readonly contextShape: Shape | null;
  /** How it enters. */
  readonly contextAs: ContextKind;
  /** Probability of dropping a unit while training. */
  readonly dropout: number;
  /** What keeps a deep stack of blocks trainable. */
  readonly normalisation: ResidualNormalisationName;
  /** Blocks of the network, by which `fixup` scales the first layer. */
  readonly blocks: number;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/** The second layer of a block starts this small, so that a deep net starts as a shallow one. */
const INITIAL_RANGE = 1e-3;

/**
 * `h + t`, where `t = conv₂(dropout(act(conv₁(act(h)))))` and a context gates each channel: `t ⊙ σ(dense(context))`, or every pixel where
 * it is a map.
 *
 * The block of {@link ResidualBlock} for images, after Durkan et al., "Neural Spline Flows", 2019, appendix B.
 *
 * With `fixup`, `t` has a trained factor that starts at 1, the first filter starts at the range of He et al. (2015) times
 * `blocks^(-1/2)` and the second at zero: of m layers in each of L branches, all but the last are scaled by
 * `L^(-1/(2m - 2))` (Zhang, Dauphin and Ma, "Fixup initialization", 2019, section 3). What they write as scalar biases
 * before layers is, but for the edge of the image, contained in the biases after them.
 */
export class ResidualConvBlock extends Module {
  static override readonly className: string = 'ResidualConvBlock';

  readonly #first: Conv;
  readonly #second: Conv;
  readonly #gate: ContextLayer | null;
  readonly #multiplier: Variable | null;
  readonly #activation: ActivationName;
  readonly #dropout: number;
  readonly #config: Config;

  constructor(options: ResidualConvBlockOptions) {
    super();
    const { width, kernelSize, activation, contextShape, contextAs, dropout, normalisation, blocks, seed = 0 } = options; // prettier-ignore
    const stream = RandomStream.from(seed);
    const fixup = normalisation === 'fixup';
    const layer = {
      inputs: width,
      outputs: width,
      kernelSize,
      normalisation: fixup ? ('none' as const) : normalisation,
    };
    const firstRange = fixup ? { initialRange: Math.sqrt(6 / (kernelSize ** 2 * width * blocks)) } : {};
    this.#first = this.child('first', new Conv({ ...layer, ...firstRange, activation, seed: stream.split('first') }));
    this.#second = this.child(
      'second',
      new Conv({ ...layer, initialRange: fixup ? 0 : INITIAL_RANGE, seed: stream.split('second') }),
    );
    const gate = { outputs: width, activation: 'sigmoid' as const, seed: stream.split('gate') };
    this.#gate = contextShape && this.child('gate', contextLayer(contextAs, contextShape, gate));
    this.#multiplier = fixup ? this.weight('multiplier', [], [1]) : null;
    this.#activation = activation;
    this.#dropout = dropout;
    this.#config = {
      width,
      kernelSize,
      activation,
      contextShape,
      contextAs,
      dropout,
      normalisation,
      blocks,
      seed: stream.key,
    };
  }

  /** `[batch, height, width, channels]` → the same. */
  apply(h: Tensor, context: Tensor | null): Tensor {
    return tf.tidy(() => {
      const inner = this.#first.apply(activate(this.#activation, h));
      const t = this.#second.apply(dropout(inner, this.#dropout));
      const factor = this.factor(context, h);
      return tf.add(h, factor ? tf.mul(t, factor) : t);
    });
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** What `t` is multiplied by, if anything: a scalar, `[batch, 1, 1, channels]`, or as large as the image. */
  private factor(context: Tensor | null, h: Tensor): Tensor | null {
    const gate = this.#gate && context && fromContext(this.#gate, context, h);
    return gate && this.#multiplier ? tf.mul(gate, this.#multiplier) : (gate ?? this.#multiplier);
  }
}
