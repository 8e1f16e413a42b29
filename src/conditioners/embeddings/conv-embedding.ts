import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import { formatShape, sizeOf, type Shape } from '../../shapes.js';
import type { ActivationName } from '../activation.js';
import { checkActivation, checkInteger, checkWidths, contextSizeOf } from '../check.js';
import { Conv } from '../convolutional/conv.js';
import { meanPool } from '../convolutional/mean-pool.js';
import { Dense } from '../dense.js';
import { Embedding } from './embedding.js';

/** Options of {@link ConvEmbedding}. */
export interface ConvEmbeddingOptions {
  /** `[height, width, channels]` of one context. */
  readonly contextShape: Shape;
  /** Entries of the embedded context, a vector; null to keep an image, the result of the last convolution. */
  readonly outputs: number | null;
  /** Channels of each convolution; between two of them images are halved. Default: [16, 32]. */
  readonly hidden?: readonly number[];
  /** Default: `relu`. */
  readonly activation?: ActivationName;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Contexts that are images: 3x3 convolutions with an activation, with means over 2x2 pixels between them, and one
 * dense layer on what is left at the end. With `outputs: null` the context stays an image, as wide and high as
 * the last convolution leaves it, for couplings that take context maps.
 */
export class ConvEmbedding extends Embedding {
  static override readonly className = 'ConvEmbedding';
  static override readonly samples: readonly (() => Embedding)[] = [
    () => new ConvEmbedding({ contextShape: [4, 2, 1], outputs: 3, hidden: [4, 5], activation: 'tanh' }),
    () => new ConvEmbedding({ contextShape: [3, 3, 2], outputs: null, hidden: [4], activation: 'silu', seed: 1 }),
  ];

  override readonly contextShape: Shape;
  override readonly outputShape: Shape;
  readonly #convolutions: readonly Conv[];
  readonly #output: Dense | null;
  readonly #config: Config;

  /** @throws FlowConfigError for a shape that is no image or cannot be halved so often, or a size or activation that is none. */
  constructor(options: ConvEmbeddingOptions) {
    super();
    const { contextShape, outputs, hidden = [16, 32], activation = 'relu', seed = 0 } = options;
    const where = 'ConvEmbedding';
    contextSizeOf(`${where}.contextShape`, contextShape);
    checkWidths(`${where}.hidden`, hidden);
    checkInteger(`${where}.hidden.length`, hidden.length);
    checkActivation(`${where}.activation`, activation);
    if (outputs !== null) checkInteger(`${where}.outputs`, outputs);
    const factor = 2 ** (hidden.length - 1);
    const [height, width, channels] = contextShape;
    if (contextShape.length !== 3 || height % factor !== 0 || width % factor !== 0) {
      throw new FlowConfigError(`${where}.contextShape`, {
        expected: `[height, width, channels], height and width multiples of ${factor} for ${hidden.length} convolutions`,
        got: formatShape(contextShape),
      });
    }
    const stream = RandomStream.from(seed);
    const widths = [channels, ...hidden];
    this.#convolutions = hidden.map((own, i) =>
      this.child(`conv${i}`, new Conv({ inputs: widths[i], outputs: own, activation, seed: stream.split(`conv${i}`) })),
    );
    const image = [height / factor, width / factor, hidden.at(-1)!];
    this.#output =
      outputs === null
        ? null
        : this.child('output', new Dense({ inputs: sizeOf(image), outputs, seed: stream.split('output') }));
    this.contextShape = contextShape;
    this.outputShape = outputs === null ? image : [outputs];
    this.#config = { contextShape, outputs, hidden, activation, seed: stream.key };
  }

  protected override network(context: Tensor): Tensor {
    const image = this.#convolutions.reduce(
      (h, convolution, i) => convolution.apply(i === 0 ? h : meanPool(h, 2)),
      context,
    );
    if (!this.#output) return image;
    return this.#output.apply(tf.reshape(image, [context.shape[0], this.#output.inputs]));
  }

  override getConfig(): Config {
    return this.#config;
  }
}
