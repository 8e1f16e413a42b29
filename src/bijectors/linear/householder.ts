import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import { householderProduct } from '../../linalg/householder-product.js';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { reflectionPairs } from './reflection-pairs.js';

/** Options of {@link Householder}. */
export interface HouseholderOptions {
  /** Number of coordinates of one event. */
  readonly dims: number;
  /** Number of reflections; `dims` of them reach every orthogonal matrix of their sign. Default: `dims`. */
  readonly reflections?: number;
  /** Seed of the initial vectors. Default: 0. */
  readonly seed?: Seed;
}

/**
 * A trained orthogonal matrix as a product of reflections: `forward: y = Hₖ ⋯ H₂ H₁ x`, `inverse: x = H₁ H₂ ⋯ Hₖ y`,
 * `H = I - 2 v vᵀ / |v|²`, `log |det| = 0`. It keeps lengths and angles, whatever training does to the vectors.
 *
 * The vectors start in equal pairs, which undo each other: an even number of reflections is the identity, an odd one a single
 * reflection.
 *
 * Source: Tomczak and Welling, "Improving variational auto-encoders using Householder flow", 2016.
 *
 * @cost forward: formula; inverse: formula
 */
export class Householder extends Bijector {
  static override readonly className = 'Householder';
  static override readonly samples = [
    () => new Householder({ dims: 2 }),
    () => new Householder({ dims: 5, reflections: 3, seed: 'sample' }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #vectors: Variable;
  readonly #config: Config;

  /** @throws FlowConfigError for fewer than two dimensions, or a number that is no positive integer. */
  constructor({ dims, reflections = dims, seed = 0 }: HouseholderOptions) {
    super();
    checkInteger('Householder.dims', dims, 2);
    checkInteger('Householder.reflections', reflections);
    const stream = RandomStream.from(seed);
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    this.#vectors = this.weight('vectors', [reflections, dims], reflectionPairs(reflections, dims, stream));
    this.#config = { dims, reflections, seed: stream.key };
  }

  /** `Hₖ ⋯ H₁`, `[dims, dims]`: what `forward` multiplies columns by. */
  weightMatrix(): Tensor {
    return tf.tidy(() => tf.transpose(householderProduct(this.#vectors)));
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return [tf.matMul(x, householderProduct(this.#vectors)), tf.scalar(0)];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    return [tf.matMul(y, householderProduct(this.#vectors), false, true), tf.scalar(0)];
  }

  override getConfig(): Config {
    return this.#config;
  }
}
