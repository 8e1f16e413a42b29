import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import type { Config } from '../../module.js';
import { randomOrthogonal } from '../../numerics/random-orthogonal.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';

/** Options of {@link Rotation}. */
export interface RotationOptions {
  /** Number of coordinates of one event. */
  readonly dims: number;
  /** Seed of the matrix. Default: 0. */
  readonly seed?: Seed;
}

/**
 * A constant orthogonal matrix, drawn uniformly: `forward: y = Q x`, `inverse: x = Qᵀ y`, `log |det Q| = 0`. It mixes all
 * coordinates between layers that treat each on its own; nothing is trained.
 *
 * @cost forward: formula; inverse: formula
 */
export class Rotation extends Bijector {
  static override readonly className = 'Rotation';
  static override readonly samples = [() => new Rotation({ dims: 2 }), () => new Rotation({ dims: 5, seed: 'sample' })];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #matrix: Variable;
  readonly #config: Config;

  /** @throws FlowConfigError when `dims` is no positive integer. */
  constructor({ dims, seed = 0 }: RotationOptions) {
    super();
    checkInteger('Rotation.dims', dims);
    const stream = RandomStream.from(seed);
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    const rows = randomOrthogonal(dims, stream.split('matrix'));
    this.#matrix = this.weight('matrix', [dims, dims], rows.flat(), { trainable: false });
    this.#config = { dims, seed: stream.key };
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return [tf.matMul(x, this.#matrix, false, true), tf.scalar(0)];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    return [tf.matMul(y, this.#matrix), tf.scalar(0)];
  }

  override getConfig(): Config {
    return this.#config;
  }
}
