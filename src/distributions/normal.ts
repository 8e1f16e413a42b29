import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import type { RandomStream } from '../random.js';
import { sizeOf, type Shape } from '../shapes.js';
import { perCoordinate } from './check.js';
import { Distribution } from './distribution.js';

/** Options of {@link Normal}. */
export interface NormalOptions {
  readonly eventShape: Shape;
  /** Means: one number for all coordinates, or one each. Default: 0. */
  readonly loc?: number | readonly number[];
  /** Standard deviations: one number for all coordinates, or one each. Default: 1. */
  readonly scale?: number | readonly number[];
  /** Whether means and log-deviations are trained. Default: false. */
  readonly learnable?: boolean;
}

/**
 * Independent normal coordinates: `log p(x) = Σ -½ ((xᵢ - μᵢ) / σᵢ)² - log σᵢ - ½ log 2π`.
 * Temperature scales the deviations of its draws.
 */
export class Normal extends Distribution {
  static override readonly className = 'Normal';
  static override readonly samples = [
    () => Normal.standard([2]),
    () => new Normal({ eventShape: [1], loc: -0.5, scale: 2, learnable: true }),
    () => new Normal({ eventShape: [2, 2], loc: [0, 1, 2, 3], scale: [0.5, 1, 2, 0.1], learnable: true }),
  ];

  /** Mean 0 and deviation 1 in every coordinate. */
  static standard(eventShape: Shape): Normal {
    return new Normal({ eventShape });
  }

  override readonly eventShape: Shape;
  override readonly reparameterised = true;
  readonly #loc: Variable;
  readonly #logScale: Variable;
  readonly #config: Config;

  /** @throws FlowConfigError for a mean that is not finite or a deviation that is not positive. */
  constructor({ eventShape, loc = 0, scale = 1, learnable = false }: NormalOptions) {
    super();
    const dims = sizeOf(eventShape);
    const means = perCoordinate('Normal.loc', loc, dims, Number.isFinite, 'finite');
    const deviations = perCoordinate('Normal.scale', scale, dims, (s) => s > 0 && s < Infinity, 'positive');
    this.eventShape = eventShape;
    this.#loc = this.weight('loc', eventShape, means, { trainable: learnable });
    this.#logScale = this.weight('logScale', eventShape, deviations.map(Math.log), { trainable: learnable });
    this.#config = { eventShape, loc, scale, learnable };
  }

  protected override density(x: Tensor): Tensor {
    const dims = sizeOf(this.eventShape);
    const standard = tf.mul(tf.sub(x, this.#loc), tf.exp(tf.neg(this.#logScale)));
    const quadratic = tf.sum(tf.reshape(tf.square(standard), [-1, dims]), 1);
    const constant = tf.add(tf.sum(this.#logScale), 0.5 * dims * Math.log(2 * Math.PI));
    return tf.sub(tf.mul(quadratic, -0.5), constant);
  }

  protected override draw(n: number, stream: RandomStream, _context: Tensor | null, temperature: number): Tensor {
    const noise = stream.normalTensor([n, ...this.eventShape]);
    return tf.add(tf.mul(noise, tf.mul(tf.exp(this.#logScale), temperature)), this.#loc);
  }

  override getConfig(): Config {
    return this.#config;
  }
}
