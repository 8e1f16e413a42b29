import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import { sizeOf, type Shape } from '../../shapes.js';
import type { ActivationName } from '../activation.js';
import { contextSizeOf } from '../check.js';
import { MLP } from '../mlp.js';
import { Embedding } from './embedding.js';

/** Options of {@link MLPEmbedding}. */
export interface MLPEmbeddingOptions {
  /** Shape of one context; it is flattened. */
  readonly contextShape: Shape;
  /** Entries of the embedded context, a vector. */
  readonly outputs: number;
  /** Width of each hidden layer. Default: [64, 64]. */
  readonly hidden?: readonly number[];
  /** Default: `relu`. */
  readonly activation?: ActivationName;
  /** Probability of dropping a hidden unit while training. Default: 0. */
  readonly dropout?: number;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/** A multilayer perceptron from contexts to vectors. */
export class MLPEmbedding extends Embedding {
  static override readonly className = 'MLPEmbedding';
  static override readonly samples: readonly (() => Embedding)[] = [
    () => new MLPEmbedding({ contextShape: [3], outputs: 2, hidden: [5], activation: 'tanh' }),
    () => new MLPEmbedding({ contextShape: [2, 2], outputs: 4, hidden: [6, 6], activation: 'silu', seed: 1 }),
    () => new MLPEmbedding({ contextShape: [], outputs: 3, hidden: [] }),
  ];

  override readonly contextShape: Shape;
  override readonly outputShape: Shape;
  readonly #network: MLP;
  readonly #config: Config;

  /** @throws FlowConfigError for a shape, size, activation or dropout rate that makes no network. */
  constructor(options: MLPEmbeddingOptions) {
    super();
    const { contextShape, outputs, hidden = [64, 64], activation = 'relu', dropout = 0, seed = 0 } = options;
    const inputs = contextSizeOf('MLPEmbedding.contextShape', contextShape);
    const stream = RandomStream.from(seed);
    this.contextShape = contextShape;
    this.outputShape = [outputs];
    this.#network = this.child('network', new MLP({ inputs, outputs, hidden, activation, dropout, seed: stream }));
    this.#config = { contextShape, outputs, hidden, activation, dropout, seed: stream.key };
  }

  protected override network(context: Tensor): Tensor {
    return this.#network.apply(tf.reshape(context, [context.shape[0], sizeOf(this.contextShape)]));
  }

  override getConfig(): Config {
    return this.#config;
  }
}
