import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { spreadColumns } from '../kernels/columns/op.js';
import type { Config } from '../module.js';
import { invertLower } from '../numerics/invert-lower.js';
import { solveLower } from '../numerics/solve-lower.js';
import type { RandomStream } from '../random.js';
import type { Shape } from '../shapes.js';
import { perCoordinate, type PerCoordinate } from './check.js';
import { checkFactor, factorOf, transposedTensor, type SquareMatrix } from './covariance.js';
import { Distribution } from './distribution.js';
import { standardNormalLogProb } from './standard-normal.js';

/** Options of {@link MultivariateNormal}: one of `covariance` and `scaleTril`, which also says how many coordinates. */
export interface MultivariateNormalOptions {
  /** Mean. Default: 0. */
  readonly loc?: PerCoordinate;
  /** Covariance matrix, symmetric and positive definite. */
  readonly covariance?: SquareMatrix;
  /** Its Cholesky factor `L`, lower triangular with positive diagonal: covariance `L Lᵀ`. */
  readonly scaleTril?: SquareMatrix;
  /** Whether mean and Cholesky factor are trained. Default: false. */
  readonly learnable?: boolean;
}

/**
 * Normal vectors with any covariance `L Lᵀ`:
 * `log p(x) = -½ |L⁻¹ (x - loc)|² - Σ log Lᵢᵢ - ½ D log 2π`; draws are `loc + T L ε`, `ε ~ N(0, I)`, at temperature `T`.
 *
 * The trained parameters are `loc`, `logDiagonal` (of `L`) and `lower` (its strict lower triangle, row by row), so that
 * the covariance stays positive definite however long it is trained. A trained factor is solved with by forward
 * substitution; a fixed one is inverted once, in doubles.
 */
export class MultivariateNormal extends Distribution {
  static override readonly className = 'MultivariateNormal';
  static override readonly samples = [
    () =>
      new MultivariateNormal({
        loc: [0.5, -1],
        covariance: [
          [2, 0.9],
          [0.9, 0.8],
        ],
      }),
    () =>
      new MultivariateNormal({
        loc: [0.5, -1],
        scaleTril: [
          [1.2, 0],
          [-0.7, 0.6],
        ],
        learnable: true,
      }),
    () =>
      new MultivariateNormal({
        covariance: [
          [1, 0.2, -0.3],
          [0.2, 2, 0.4],
          [-0.3, 0.4, 0.5],
        ],
        learnable: true,
      }),
    () => new MultivariateNormal({ scaleTril: [[1.5]], learnable: true }),
  ];

  override readonly eventShape: Shape;
  override readonly reparameterised = true;
  override readonly supportsTemperature = true;
  readonly #loc: Tensor;
  readonly #logDiagonal: Tensor;
  /** Strict lower triangle of the factor, row by row; null in one dimension, where it is empty. */
  readonly #lower: Tensor | null;
  /** `L⁻ᵀ` of a fixed factor. */
  readonly #whitening: Tensor | null;
  readonly #config: Config;

  /**
   * @throws FlowConfigError when both or neither of `covariance` and `scaleTril` are given, a covariance is not
   * symmetric and positive definite, or a factor is not lower triangular with a positive diagonal.
   */
  constructor({ loc = 0, covariance, scaleTril, learnable = false }: MultivariateNormalOptions) {
    super();
    if ((covariance === undefined) === (scaleTril === undefined)) {
      throw new FlowConfigError('MultivariateNormal', {
        expected: 'one of `covariance` and `scaleTril`',
        got: covariance ? 'both' : 'neither',
      });
    }
    const factor = covariance
      ? factorOf('MultivariateNormal.covariance', covariance)
      : checkFactor('MultivariateNormal.scaleTril', scaleTril!);
    const dims = factor.length;
    const shape = [dims];
    const logDiagonal = factor.map((row, i) => Math.log(row[i]));
    const lower = factor.flatMap((row, i) => row.slice(0, i));
    this.eventShape = shape;
    this.#loc = this.parameter('loc', shape, perCoordinate('MultivariateNormal.loc', loc, shape), learnable);
    this.#logDiagonal = this.parameter('logDiagonal', shape, logDiagonal, learnable);
    this.#lower = dims > 1 ? this.parameter('lower', [lower.length], lower, learnable) : null;
    this.#whitening = learnable
      ? null
      : this.constant(
          'whitening',
          tf.tidy(() => transposedTensor(invertLower(factor))),
        );
    this.#config = { loc, covariance, scaleTril, learnable };
  }

  protected override density(x: Tensor): Tensor {
    const centred = tf.sub(x, this.#loc);
    const u = this.#whitening
      ? tf.matMul(centred as Tensor2D, this.#whitening as Tensor2D)
      : solveLower(this.factor(), centred);
    return tf.sub(standardNormalLogProb(u), tf.sum(this.#logDiagonal));
  }

  protected override draw(n: number, stream: RandomStream, _context: Tensor | null, temperature: number): Tensor {
    const noise = tf.mul(stream.normalTensor([n, ...this.eventShape]), temperature);
    return tf.add(this.#loc, tf.matMul(noise as Tensor2D, tf.transpose(this.factor()) as Tensor2D));
  }

  /** `L`, `[dims, dims]`. */
  private factor(): Tensor {
    const [dims] = this.eventShape;
    const diagonal = tf.mul(tf.eye(dims), tf.exp(this.#logDiagonal));
    if (!this.#lower) return diagonal;
    const below = spreadColumns(tf.expandDims(this.#lower, 0), placesBelowDiagonal(dims), dims * dims);
    return tf.add(diagonal, tf.reshape(below, [dims, dims]));
  }

  override getConfig(): Config {
    return this.#config;
  }
}

/** Where the entries below the diagonal lie in a `dims` by `dims` matrix, row by row. */
function placesBelowDiagonal(dims: number): number[] {
  const places = Array.from({ length: dims * dims }, (_, place) => place);
  return places.filter((place) => place % dims < Math.floor(place / dims));
}
