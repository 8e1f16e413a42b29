import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowNumericsError } from '../../errors.js';
import { unpackStrictTriangle } from '../../kernels/strict-triangle/op.js';
import { unitTriangularInverse } from '../../kernels/triangular-inverse/op.js';
import type { Config } from '../../module.js';
import { plu } from '../../numerics/plu.js';
import { ChannelMatrix, strictEntries } from './channel-matrix.js';

/**
 * Any invertible matrix by its factors, `W = P L (U + diag(sign · exp(logScale)))`, with `L` unit lower and `U` strictly
 * upper triangular. The permutation `P` and the signs are those of the matrix that it starts as, and stay; everything
 * else is trained. `log |det W| = Σ logScale`.
 *
 * Source: Kingma and Dhariwal, "Glow", 2018, section 3.2, "LU decomposition".
 */
export class PLUMatrix extends ChannelMatrix {
  static override readonly className = 'PLUMatrix';

  readonly channels: number;
  /** Packed strict triangles; null for one channel, where there are none. */
  readonly #lower: Variable | null = null;
  readonly #upper: Variable | null = null;
  readonly #logScale: Variable;
  /** Not trained, but weights: what was drawn at random is saved, not drawn again. */
  readonly #sign: Variable;
  readonly #permutation: Variable;
  readonly #rows: readonly (readonly number[])[];

  /** Starts as `matrix`, given by rows. @throws FlowNumericsError when it is singular. */
  constructor({ matrix }: { matrix: readonly (readonly number[])[] }) {
    super();
    const { lower, upper, logScale, sign, permutation } = factorsOf(matrix);
    this.channels = matrix.length;
    this.#rows = matrix;
    if (lower.length > 0) {
      this.#lower = this.weight('lower', [lower.length], lower);
      this.#upper = this.weight('upper', [upper.length], upper);
    }
    this.#logScale = this.weight('logScale', [this.channels], logScale);
    this.#sign = this.weight('sign', [this.channels], sign, { trainable: false });
    this.#permutation = this.weight('permutation', [this.channels], permutation, { trainable: false });
  }

  /** Becomes another matrix of the same size. @throws FlowNumericsError when it is singular. */
  assign(matrix: readonly (readonly number[])[]): void {
    const { lower, upper, logScale, sign, permutation } = factorsOf(matrix);
    tf.tidy(() => {
      this.#lower?.assign(tf.tensor1d(lower));
      this.#upper?.assign(tf.tensor1d(upper));
      this.#logScale.assign(tf.tensor1d(logScale));
      this.#sign.assign(tf.tensor1d(sign));
      this.#permutation.assign(tf.tensor1d(permutation));
    });
  }

  override matrix(): Tensor {
    const diagonal = tf.mul(this.#sign, tf.exp(this.#logScale));
    const onDiagonal = tf.mul(tf.eye(this.channels), diagonal);
    if (!this.#lower || !this.#upper) return onDiagonal;
    const lower = tf.add(unpackStrictTriangle(this.#lower, this.channels, 'lower'), tf.eye(this.channels));
    const upper = tf.add(unpackStrictTriangle(this.#upper, this.channels, 'upper'), onDiagonal);
    return tf.matMul(this.permutationMatrix(), tf.matMul(lower, upper));
  }

  /** `W⁻¹ = U⁻¹ L⁻¹ Pᵀ`, with `D` for the diagonal of the second factor: `(D + U)⁻¹ = (I + D⁻¹ U)⁻¹ D⁻¹`. */
  override inverseMatrix(): Tensor {
    const reciprocal = tf.mul(this.#sign, tf.exp(tf.neg(this.#logScale)));
    if (!this.#lower || !this.#upper) return tf.mul(tf.eye(this.channels), reciprocal);
    const lower = unpackStrictTriangle(this.#lower, this.channels, 'lower');
    const upper = tf.mul(tf.expandDims(reciprocal, 1), unpackStrictTriangle(this.#upper, this.channels, 'upper'));
    const upperInverse = tf.mul(unitTriangularInverse(upper, 'upper'), reciprocal);
    const product = tf.matMul(upperInverse, unitTriangularInverse(lower, 'lower'));
    return tf.matMul(product, this.permutationMatrix(), false, true);
  }

  override logAbsDet(): Tensor {
    return tf.sum(this.#logScale);
  }

  override getConfig(): Config {
    return { matrix: this.#rows };
  }

  /** `P`, `[channels, channels]`: a one in row `i` at `permutation[i]`. */
  private permutationMatrix(): Tensor {
    const columns = tf.tensor1d(Float32Array.from({ length: this.channels }, (_, i) => i));
    const hit = tf.equal(tf.expandDims(this.#permutation, 1), columns);
    const shape: [number, number] = [this.channels, this.channels];
    return tf.where(hit, tf.ones(shape), tf.zeros(shape));
  }
}

/** What the weights are for a matrix. */
function factorsOf(matrix: readonly (readonly number[])[]): Record<Weight, number[]> {
  const { permutation, lower, upper, determinant, singular } = plu(matrix);
  if (singular) {
    throw new FlowNumericsError('PLUMatrix', {
      expected: 'an invertible matrix',
      got: `one of determinant ${determinant}`,
      value: determinant,
    });
  }
  const diagonal = upper.map((row, i) => row[i]);
  return {
    lower: strictEntries(lower, 'lower'),
    upper: strictEntries(upper, 'upper'),
    logScale: diagonal.map((value) => Math.log(Math.abs(value))),
    sign: diagonal.map(Math.sign),
    permutation,
  };
}

type Weight = 'lower' | 'upper' | 'logScale' | 'sign' | 'permutation';
