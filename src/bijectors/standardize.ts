import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowDataError } from '../errors.js';
import type { Config } from '../module.js';
import { sizeOf, type Shape } from '../shapes.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';
import { checkNumbers } from './check-numbers.js';
import { checkRows } from './check-rows.js';

/** Options of {@link Standardize}. */
export interface StandardizeOptions {
  /** Mean of each coordinate of the data. Default: taken from the data passed to `initialize`. */
  readonly mean?: readonly number[];
  /** Standard deviation of each coordinate of the data, positive. Give it together with `mean`. */
  readonly std?: readonly number[];
  /** Shape of one event. Default: one axis as long as `mean`. */
  readonly eventShape?: Shape;
  /** Which coordinates to take from data, by their places in the flattened event; the others, such as angles, stay. Default: all. */
  readonly coordinates?: readonly number[];
}

/**
 * Constant standardisation of the data: `inverse` is `z = (x - mean) / std`, `forward` is `x = mean + std · z`,
 * elementwise; `log |det dz/dx| = -Σ log std`. Nothing is trained. Place it last in a chain, next to the data.
 *
 * @cost forward: formula; inverse: formula
 * @example
 * const bijector = new Chain({ bijectors: [coupling, Standardize.fit(rows)] });
 */
export class Standardize extends Bijector {
  static override readonly className = 'Standardize';
  static override readonly samples = [
    () => new Standardize({ mean: [1, -20], std: [0.5, 10] }),
    () => new Standardize({ eventShape: [3] }),
    () => new Standardize({ eventShape: [3], coordinates: [0, 2] }),
    () => new Standardize({ mean: [1, 2, 3, 4], std: [1, 2, 3, 4], eventShape: [2, 2] }),
  ];

  /**
   * Takes mean and standard deviation (divisor n - 1) of each column from rows of data, in double precision.
   *
   * @throws FlowDataError for fewer than two rows, rows of different lengths, values that are not finite, and columns
   * that are constant (to float32 precision); the message names them.
   */
  static fit(rows: readonly ArrayLike<number>[]): Standardize {
    checkRows('Standardize.fit', rows);
    const columns = Array.from({ length: rows[0].length }, (_, column) => rows.map((row) => row[column]));
    const moments = columns.map(meanAndStd);
    const constant = moments.flatMap(({ mean, std }, column) => (std > Math.abs(mean) * 2 ** -24 ? [] : [column]));
    if (constant.length > 0) {
      throw new FlowDataError('Standardize.fit', {
        expected: 'columns that vary',
        got: `constant values in column ${constant.join(', ')}`,
        hint: 'Leave these columns out: a constant has no density.',
      });
    }
    return new Standardize({ mean: moments.map(({ mean }) => mean), std: moments.map(({ std }) => std) });
  }

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #mean: Variable;
  readonly #std: Variable;
  /** 1 for the coordinates to take from data, `[...eventShape]`; null for all. */
  readonly #chosen: Tensor | null;
  /** 1 once mean and deviation are known. */
  readonly #known: Variable;
  readonly #config: Config;

  /** @throws FlowConfigError for lists of another length than an event, a std that is not positive, or impossible coordinates. */
  constructor(options: StandardizeOptions) {
    super();
    const { mean, std, coordinates } = options;
    const eventShape = options.eventShape ?? (mean && [mean.length]);
    if (!eventShape || !mean !== !std) {
      throw new FlowConfigError('Standardize', {
        expected: '`mean` and `std`, or `eventShape` to take both from data',
        got: Object.keys(options).join(' and ') || 'neither',
      });
    }
    const size = sizeOf(eventShape);
    const start = { mean: mean ?? Array<number>(size).fill(0), std: std ?? Array<number>(size).fill(1) };
    checkNumbers('Standardize.mean', start.mean, size, Number.isFinite, 'finite numbers');
    checkNumbers('Standardize.std', start.std, size, (s) => Number.isFinite(s) && s > 0, 'positive numbers');
    this.#chosen = coordinates ? this.constant('chosen', maskOf(coordinates, eventShape, !mean)) : null;
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.#mean = this.weight('mean', eventShape, [...start.mean], { trainable: false });
    this.#std = this.weight('std', eventShape, [...start.std], { trainable: false });
    this.#known = this.weight('known', [], [mean ? 1 : 0], { trainable: false });
    this.#config = { ...options };
  }

  /** Takes mean and deviation from the data, the first time and only if they were not given. */
  override initialize(data: Tensor): void {
    tf.tidy(() => {
      const known = tf.greater(this.#known, 0);
      const moments = tf.moments(data, 0);
      const mean = this.#chosen ? tf.mul(moments.mean, this.#chosen) : moments.mean;
      // A coordinate that does not vary keeps its unit, and so does one that is not chosen.
      const variance = this.#chosen ? tf.mul(moments.variance, this.#chosen) : moments.variance;
      const std = tf.where(tf.greater(variance, 0), tf.sqrt(variance), tf.onesLike(variance));
      this.#mean.assign(tf.where(known, this.#mean, mean));
      this.#std.assign(tf.where(known, this.#std, std));
      this.#known.assign(tf.scalar(1));
    });
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    return [tf.add(tf.mul(z, this.#std), this.#mean), tf.sum(tf.log(this.#std))];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    return [tf.div(tf.sub(x, this.#mean), this.#std), tf.neg(tf.sum(tf.log(this.#std)))];
  }

  override getConfig(): Config {
    return this.#config;
  }
}

/** Ones for the coordinates listed. */
function maskOf(coordinates: readonly number[], eventShape: Shape, fromData: boolean): Tensor {
  const size = sizeOf(eventShape);
  const bad = coordinates.find((i) => !(Number.isInteger(i) && i >= 0 && i < size));
  if (bad !== undefined || !fromData) {
    throw new FlowConfigError('Standardize.coordinates', {
      expected: fromData ? `indices from 0 to ${size - 1}` : 'no coordinates beside `mean` and `std`, which list all',
      got: fromData ? String(bad) : `[${coordinates.join(', ')}]`,
    });
  }
  const mask = Array<number>(size).fill(0);
  for (const i of coordinates) mask[i] = 1;
  return tf.tensor(mask, [...eventShape], 'float32');
}

/** In two passes, so that a large mean costs no digits of the spread. */
function meanAndStd(values: readonly number[]): { mean: number; std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / (values.length - 1)) };
}
