import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowNumericsError, FlowShapeError } from '../../errors.js';
import type { Config } from '../../module.js';
import { plu } from '../../numerics/plu.js';
import { randomOrthogonal } from '../../numerics/random-orthogonal.js';
import { RandomStream, type Seed } from '../../random.js';
import { formatShape, sizeOf, type Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { identityRows } from './channel-matrix.js';
import { PLUMatrix } from './plu-matrix.js';

/** Matrices to start from: a random rotation or reflection, a random order of the channels, or nothing done at all. */
export type ChannelMixing = 'rotation' | 'permutation' | 'identity';

/** Options of {@link Conv1x1}. */
export interface Conv1x1Options {
  /** Shape of one event, channels last; any axes before them. */
  readonly eventShape: Shape;
  /** What the matrix starts as. Default: `rotation`. */
  readonly initial?: ChannelMixing;
  /** Seed of that start. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Invertible 1×1 convolution: one trained matrix mixes the channels of every pixel,
 *
 * `inverse: z[…, o] = Σ_c W[o, c] x[…, c]`, `forward: x = W⁻¹ z`, `log |det dz/dx| = positions · log |det W|`,
 *
 * with `positions` the pixels of an event. The matrix is kept as `W = P L (U + diag(sign · exp(logScale)))`: `P` and the
 * signs are those it starts with, everything else is trained, and `log |det W| = Σ logScale`. Its inverse does not depend
 * on the batch: it is found once a call, from those of the triangles.
 *
 * Source: Kingma and Dhariwal, "Glow: Generative flow with invertible 1×1 convolutions", 2018, section 3.2.
 *
 * @cost forward: formula; inverse: formula
 * @example
 * new Conv1x1({ eventShape: [16, 16, 12], seed: 'mix' });
 */
export class Conv1x1 extends Bijector {
  static override readonly className = 'Conv1x1';
  static override readonly samples = [
    () => new Conv1x1({ eventShape: [3], seed: 'sample' }),
    () => new Conv1x1({ eventShape: [2, 3, 2], initial: 'permutation', seed: 1 }),
    () => new Conv1x1({ eventShape: [2, 2, 1], initial: 'identity' }),
  ];

  /**
   * The layer of a given matrix, by rows: `matrix[o][c]` takes channel `c` to channel `o` on the base side.
   *
   * @throws FlowShapeError when it is not square or does not fit the channels.
   * @throws FlowNumericsError when it is singular.
   */
  static fromMatrix(matrix: readonly (readonly number[])[], eventShape: Shape): Conv1x1 {
    const where = 'Conv1x1.fromMatrix';
    const channels = eventShape.at(-1) ?? 0;
    if (matrix.length !== channels || matrix.some((row) => row.length !== channels)) {
      throw new FlowShapeError(where, {
        expected: `${channels} rows of ${channels} numbers`,
        got: formatShape([matrix.length, matrix[0]?.length ?? 0]),
      });
    }
    const { singular, determinant } = plu(matrix);
    if (singular) {
      throw new FlowNumericsError(where, {
        expected: 'an invertible matrix',
        got: `one of determinant ${determinant}`,
        value: determinant,
      });
    }
    const layer = new Conv1x1({ eventShape, initial: 'identity' });
    layer.#matrix.assign(matrix);
    return layer;
  }

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  /** Channels that are mixed, the last axis. */
  readonly channels: number;
  readonly #positions: number;
  readonly #matrix: PLUMatrix;
  readonly #config: Config;

  /**
   * @throws FlowShapeError when an event has no channels.
   * @throws FlowConfigError for an unknown `initial`.
   */
  constructor({ eventShape, initial = 'rotation', seed = 0 }: Conv1x1Options) {
    super();
    const channels = eventShape.at(-1);
    if (!channels) {
      throw new FlowShapeError('Conv1x1', {
        expected: 'events with channels along their last axis',
        got: formatShape(eventShape),
      });
    }
    const stream = RandomStream.from(seed);
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.channels = channels;
    this.#positions = sizeOf(eventShape) / channels;
    this.#matrix = this.child('matrix', new PLUMatrix({ matrix: startOf(initial, channels, stream) }));
    this.#config = { eventShape, initial, seed: stream.key };
  }

  /** `W`, `[channels, channels]`. */
  weightMatrix(): Tensor {
    return tf.tidy(() => this.#matrix.matrix());
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    return [mixChannels(z, this.#matrix.inverseMatrix()), tf.mul(this.#matrix.logAbsDet(), -this.#positions)];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    return [mixChannels(x, this.#matrix.matrix()), tf.mul(this.#matrix.logAbsDet(), this.#positions)];
  }

  override getConfig(): Config {
    return this.#config;
  }
}

function startOf(initial: ChannelMixing, channels: number, stream: RandomStream): number[][] {
  const identity = identityRows(channels);
  switch (initial) {
    case 'rotation':
      return randomOrthogonal(channels, stream);
    case 'permutation':
      return Array.from(stream.permutation(channels), (row) => identity[row]);
    case 'identity':
      return identity;
    default:
      throw new FlowConfigError('Conv1x1', {
        expected: "initial: 'rotation', 'permutation' or 'identity'",
        got: `'${String(initial)}'`,
      });
  }
}

/** `y[…, o] = Σ_c matrix[o, c] x[…, c]`. */
function mixChannels(x: Tensor, matrix: Tensor): Tensor {
  const channels = matrix.shape[0];
  return tf.reshape(tf.matMul(tf.reshape(x, [x.size / channels, channels]), matrix, false, true), x.shape);
}
