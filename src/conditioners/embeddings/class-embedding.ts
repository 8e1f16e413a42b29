import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../../kernels/stop-gradient/op.js';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { checkInteger } from '../check.js';
import { Embedding } from './embedding.js';

/** Options of {@link ClassEmbedding}. */
export interface ClassEmbeddingOptions {
  /** Number of classes; a context is one of the numbers 0 to `classes` - 1. */
  readonly classes: number;
  /** Entries of the vector trained for each class. Default: null, one-hot vectors and nothing trained. */
  readonly width?: number | null;
  /** Seed of the initial vectors. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Contexts that are classes: a number from 0 to `classes` - 1 becomes the vector trained for that class, or with no `width`
 * the one-hot vector `[0, …, 1, …, 0]`. One context is a single number, of shape `[]`: a batch of them is `[n]`.
 *
 * Anything that is no class - a number too large, or between two classes - becomes NaN, since a tensor on a GPU cannot be
 * looked at without waiting for it. Vectors start from the standard normal distribution.
 *
 * @example
 * const flow = splineCouplingFlow({ dims: 2, embedding: new ClassEmbedding({ classes: 10, width: 16 }) });
 * await fit(flow, { x: rows, context: labels });
 * const three = flow.condition(3);
 */
export class ClassEmbedding extends Embedding {
  static override readonly className = 'ClassEmbedding';
  static override readonly samples: readonly (() => Embedding)[] = [
    () => new ClassEmbedding({ classes: 3, width: 2 }),
    () => new ClassEmbedding({ classes: 4 }),
  ];

  override readonly contextShape: Shape = [];
  override readonly outputShape: Shape;
  /** Number of classes; labels count from 0. */
  readonly classes: number;
  /** `[classes, width]`; null for one-hot vectors. */
  readonly #table: Variable | null;
  readonly #numbers: Tensor;
  readonly #config: Config;

  /** @throws FlowConfigError for a number of classes or a width that is no positive integer. */
  constructor({ classes, width = null, seed = 0 }: ClassEmbeddingOptions) {
    super();
    checkInteger('ClassEmbedding.classes', classes);
    if (width !== null) checkInteger('ClassEmbedding.width', width);
    const stream = RandomStream.from(seed);
    this.classes = classes;
    this.outputShape = [width ?? classes];
    this.#table = width === null ? null : this.weight('table', [classes, width], stream.normal(classes * width));
    this.#numbers = this.constant('numbers', tf.tensor1d(Array.from({ length: classes }, (_, k) => k)));
    this.#config = { classes, width, seed: stream.key };
  }

  protected override network(labels: Tensor): Tensor {
    const oneHot = withoutGradient([labels], (numbers) => {
      const found = tf.cast(tf.equal(tf.expandDims(numbers, 1), this.#numbers), 'float32');
      // 0 / 0 where there is no such class.
      return tf.div(found, tf.sum(found, 1, true));
    });
    return this.#table ? tf.matMul(oneHot as tf.Tensor2D, this.#table as tf.Variable<tf.Rank.R2>) : oneHot;
  }

  override getConfig(): Config {
    return this.#config;
  }
}
