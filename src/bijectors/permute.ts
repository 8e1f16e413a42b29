import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { takeColumns } from '../kernels/columns/op.js';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';

/** Options of {@link Permute}. */
export interface PermuteOptions {
  /** Entry `i` of the output is entry `permutation[i]` of the input, along the last axis. */
  readonly permutation: readonly number[];
  /** Shape of one event; the last axis is permuted. Default: one axis as long as the permutation. */
  readonly eventShape?: Shape;
}

/**
 * `yᵢ = x[permutation[i]]` along the last axis of an event; `log |det J| = 0`.
 *
 * @cost forward: formula; inverse: formula
 * @domain any
 */
export class Permute extends Bijector {
  static override readonly className: string = 'Permute';
  static override readonly samples: readonly (() => Bijector)[] = [
    () => new Permute({ permutation: [2, 0, 3, 1] }),
    () => Permute.random(5, 'sample'),
    () => new Permute({ permutation: [1, 2, 0], eventShape: [2, 2, 3] }),
  ];

  /** A random order of `dims` entries. */
  static random(dims: number, seed: Seed): Permute {
    return new Permute({ permutation: [...RandomStream.from(seed).permutation(dims)] });
  }

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #permutation: readonly number[];
  readonly #inverse: readonly number[];

  /** @throws FlowConfigError when `permutation` is not a rearrangement of 0 ... n - 1. */
  constructor({ permutation, eventShape = [permutation.length] }: PermuteOptions) {
    super();
    const sorted = [...permutation].sort((a, b) => a - b);
    if (sorted.some((value, i) => value !== i) || eventShape.at(-1) !== permutation.length) {
      throw new FlowConfigError(this.className, {
        expected: `a rearrangement of 0 ... ${(eventShape.at(-1) ?? permutation.length) - 1}`,
        got: `[${permutation.join(', ')}]`,
      });
    }
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.#permutation = permutation;
    this.#inverse = permutation.map((_, i) => permutation.indexOf(i));
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return [takeColumns(x, this.#permutation), tf.scalar(0)];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    return [takeColumns(y, this.#inverse), tf.scalar(0)];
  }

  override getConfig(): Config {
    return { permutation: this.#permutation, eventShape: this.eventShapeIn };
  }
}
