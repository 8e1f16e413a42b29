import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError, FlowDataError } from '../errors.js';
import type { Config } from '../module.js';
import { RunningMoments } from '../numerics/running-moments.js';
import { symmetricEigen } from '../numerics/symmetric-eigen.js';
import { batchShapeOf, sizeOf, type Shape } from '../shapes.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';
import { checkNumbers } from './check-numbers.js';
import { checkRows } from './check-rows.js';

/** Coordinates that {@link Whitening} gives: along the principal axes, or turned back to those of the data. */
export type WhiteningKind = 'pca' | 'zca';

/** What {@link Whitening} knows of the data. */
export interface PrincipalAxes {
  /** Mean of each coordinate. */
  readonly mean: readonly number[];
  /** Orthonormal axes, one a row, from the one of most variance down. */
  readonly axes: readonly (readonly number[])[];
  /** Standard deviation along each axis, positive. */
  readonly deviations: readonly number[];
}

/** Options of {@link Whitening}. */
export interface WhiteningOptions {
  /** Number of coordinates of one event. */
  readonly dims: number;
  /** Default: `pca`. */
  readonly kind?: WhiteningKind;
  /** `S + ridge · tr(S) / dims · I` is used in place of the covariance `S`. Default: 0. */
  readonly ridge?: number;
  /** Default: taken from the data passed to `initialize`. */
  readonly given?: PrincipalAxes | null;
}

/** Variances below this fraction of the largest are rounding noise of float32 data. */
const LEAST_VARIANCE = 1e-12;
/** How far axes may be from orthonormal. */
const ORTHONORMAL = 1e-5;

/**
 * Takes the correlations out of data: with mean `m` and covariance `S = Uᵀ diag(s²) U`, principal axes in the rows of `U`,
 *
 * `pca`: `inverse: z = (U (x - m)) / s`, `forward: x = Uᵀ (s · z) + m`; `zca`: `z = Uᵀ ((U (x - m)) / s)`, the whitening that
 * moves data least; `log |det dz/dx| = -Σ log s` for both. Nothing is trained. Place it last in a chain, next to the data, in
 * the place of a {@link Standardize}.
 *
 * Source: Kessy, Lewin, Strimmer, "Optimal whitening and decorrelation", 2018.
 *
 * @cost forward: formula; inverse: formula
 * @example
 * const bijector = new Chain({ bijectors: [coupling, Whitening.fit(rows)] });
 */
export class Whitening extends Bijector {
  static override readonly className = 'Whitening';
  static override readonly samples = [
    () => new Whitening({ dims: 2, given: { mean: [1, -2], axes: [[0.6, 0.8], [0.8, -0.6]], deviations: [3, 0.5] } }), // prettier-ignore
    () => new Whitening({ dims: 2, kind: 'zca', given: { mean: [0, 1], axes: [[0.6, 0.8], [0.8, -0.6]], deviations: [2, 1] } }), // prettier-ignore
  ];

  /**
   * Takes mean and covariance (divisor n - 1) from rows of data, in double precision.
   *
   * @throws FlowDataError for fewer than two rows, rows of different lengths, values that are not finite, and data that
   * lie in a plane, to float32 precision, where there is no ridge.
   */
  static fit(rows: readonly ArrayLike<number>[], options: Pick<WhiteningOptions, 'kind' | 'ridge'> = {}): Whitening {
    const where = 'Whitening.fit';
    checkRows(where, rows);
    const { ridge = 0 } = options;
    checkRidge(ridge);
    const dims = rows[0].length;
    const { mean, axes, variances } = principalAxes(Float64Array.from(rows.flatMap((row) => Array.from(row))), dims, ridge); // prettier-ignore
    const flat = variances.filter((variance) => !varies(variance, variances)).length;
    if (flat > 0) {
      throw new FlowDataError(where, {
        expected: 'rows that vary in all directions',
        got: `none of variance in ${flat} of ${dims}`,
        hint: 'Leave out columns that follow from others, or set a ridge.',
      });
    }
    return new Whitening({ dims, ...options, given: { mean, axes, deviations: variances.map(Math.sqrt) } });
  }

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  /** Number of coordinates of one event. */
  readonly dims: number;
  /** Which of the matrices that whiten. */
  readonly kind: WhiteningKind;
  readonly #ridge: number;
  readonly #mean: Variable;
  /** `U`, one axis a row. */
  readonly #axes: Variable;
  readonly #deviations: Variable;
  /** 1 once mean and axes are known. */
  readonly #known: Variable;
  readonly #config: Config;

  /** @throws FlowConfigError for an option out of range, lists of another length, or axes that are not orthonormal. */
  constructor(options: WhiteningOptions) {
    super();
    const { dims, kind = 'pca', ridge = 0, given = null } = options;
    checkInteger('Whitening.dims', dims);
    if (kind !== 'pca' && kind !== 'zca') {
      throw new FlowConfigError('Whitening.kind', { expected: "'pca' or 'zca'", got: `'${String(kind)}'` });
    }
    checkRidge(ridge);
    if (given) checkGiven(given, dims);
    const { mean, axes, deviations } = given ?? identity(dims);
    this.dims = dims;
    this.kind = kind;
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    this.#ridge = ridge;
    this.#mean = this.weight('mean', [dims], [...mean], { trainable: false });
    this.#axes = this.weight('axes', [dims, dims], axes.flat(), { trainable: false });
    this.#deviations = this.weight('deviations', [dims], [...deviations], { trainable: false });
    this.#known = this.weight('known', [], [given ? 1 : 0], { trainable: false });
    this.#config = { dims, kind, ridge, given };
  }

  /**
   * Takes mean and covariance from the data, the first time and only if they were not given; reads them back. A direction in
   * which data do not vary keeps its unit.
   *
   * @throws FlowDataError for fewer than two rows, or a value that is not finite.
   */
  override initialize(data: Tensor, _context: Tensor | null = null): void {
    const where = 'Whitening.initialize';
    const rows = sizeOf(batchShapeOf(data, this.eventShapeOut, where, 'data'));
    if (this.#known.dataSync()[0] > 0) return;
    if (rows < 2) throw new FlowDataError(where, { expected: 'at least two rows', got: `${rows}` });
    const values = data.dataSync<'float32'>();
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      const row = Math.floor(bad / this.dims);
      throw new FlowDataError(where, { expected: 'finite numbers', got: `${values[bad]} in row ${row}`, rows: [row] });
    }
    const { mean, axes, variances } = principalAxes(values, this.dims, this.#ridge);
    const deviations = variances.map((variance) => (varies(variance, variances) ? Math.sqrt(variance) : 1));
    tf.tidy(() => {
      this.#mean.assign(tf.tensor1d(mean, 'float32'));
      this.#axes.assign(tf.tensor2d(axes, [this.dims, this.dims], 'float32'));
      this.#deviations.assign(tf.tensor1d(deviations, 'float32'));
      this.#known.assign(tf.scalar(1));
    });
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    const along = tf.mul(this.kind === 'zca' ? this.#toAxes(z) : z, this.#deviations);
    return [tf.add(this.#fromAxes(along), this.#mean), tf.sum(tf.log(this.#deviations))];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const along = tf.div(this.#toAxes(tf.sub(x, this.#mean)), this.#deviations);
    return [this.kind === 'zca' ? this.#fromAxes(along) : along, tf.neg(tf.sum(tf.log(this.#deviations)))];
  }

  override getConfig(): Config {
    return this.#config;
  }

  #toAxes(x: Tensor): Tensor {
    return tf.matMul(x, this.#axes, false, true);
  }

  #fromAxes(along: Tensor): Tensor {
    return tf.matMul(along, this.#axes);
  }
}

function principalAxes(values: ArrayLike<number>, dims: number, ridge: number) {
  const moments = new RunningMoments(dims);
  moments.add(values);
  const covariance = moments.covariance(1);
  const { values: variances, vectors } = symmetricEigen(covariance);
  const added = (ridge * covariance.reduce((sum, row, i) => sum + row[i], 0)) / dims;
  return { mean: moments.mean, axes: vectors, variances: variances.map((variance) => variance + added) };
}

function varies(variance: number, all: readonly number[]): boolean {
  return variance > LEAST_VARIANCE * all[0];
}

function identity(dims: number): PrincipalAxes {
  const axes = Array.from({ length: dims }, (_, i) => Array.from({ length: dims }, (__, j) => (i === j ? 1 : 0)));
  return { mean: Array<number>(dims).fill(0), axes, deviations: Array<number>(dims).fill(1) };
}

function checkRidge(ridge: number): void {
  if (ridge >= 0 && ridge < Infinity) return;
  throw new FlowConfigError('Whitening.ridge', { expected: 'a number of at least 0', got: String(ridge) });
}

function checkGiven({ mean, axes, deviations }: PrincipalAxes, dims: number): void {
  checkNumbers('Whitening.given.mean', mean, dims, Number.isFinite, 'finite numbers');
  checkNumbers('Whitening.given.deviations', deviations, dims, (s) => s > 0 && s < Infinity, 'positive numbers');
  const product = (i: number, j: number) => axes[i].reduce((sum, value, k) => sum + value * axes[j][k], 0);
  const orthonormal =
    axes.length === dims &&
    axes.every((axis) => axis.length === dims) &&
    axes.every((_, i) => axes.every((__, j) => Math.abs(product(i, j) - (i === j ? 1 : 0)) < ORTHONORMAL));
  if (orthonormal) return;
  throw new FlowConfigError('Whitening.given.axes', {
    expected: `${dims} orthonormal axes of ${dims} numbers each`,
    got: axes.length === dims ? 'others' : `${axes.length}`,
  });
}
