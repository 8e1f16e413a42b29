import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import { strictTriangleSize, unpackStrictTriangle } from '../../kernels/strict-triangle/op.js';
import { unitTriangularInverse } from '../../kernels/triangular-inverse/op.js';
import type { Config } from '../../module.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { positiveDiagonal, UNIT_DIAGONAL } from './positive-diagonal.js';

/**
 * A dense linear map by its LU factors, as between the layers of a neural spline flow (Durkan et al., "Neural spline
 * flows", 2019). The density direction is the plain product, the generating direction solves for it:
 *
 * `inverse: z = W x + b`, `forward: x = W⁻¹ (z - b)`, `W = L U`, `log |det dz/dx| = Σ log Uᵢᵢ`,
 *
 * where `L` is unit lower triangular and `Uᵢᵢ = softplus(rawᵢ) + 1e-3`. It starts as the identity. Triangles are kept
 * packed row by row: `lower` and `upper` hold `dims (dims - 1) / 2` numbers each. The inverse of `W` does not depend
 * on the batch, so it is found once a call and applied as one product.
 *
 * @cost forward: formula; inverse: formula
 */
export class LULinear extends Bijector {
  static override readonly className = 'LULinear';
  static override readonly samples = [1, 2, 3, 6].map((dims) => () => new LULinear({ dims }));

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  /** Number of coordinates of one event. */
  readonly dims: number;
  /** Packed strict triangles; null for one dimension, where there are none. */
  readonly #lower: Variable | null = null;
  readonly #upper: Variable | null = null;
  readonly #diagonal: Variable;
  readonly #bias: Variable;

  /** @throws FlowConfigError when `dims` is not a positive whole number. */
  constructor({ dims }: { dims: number }) {
    super();
    if (!Number.isInteger(dims) || dims < 1) {
      throw new FlowConfigError('LULinear', { expected: '`dims`: a positive whole number', got: String(dims) });
    }
    this.dims = dims;
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    const entries = strictTriangleSize(dims);
    if (entries > 0) {
      this.#lower = this.weight('lower', [entries], new Float32Array(entries));
      this.#upper = this.weight('upper', [entries], new Float32Array(entries));
    }
    this.#diagonal = this.weight('diagonal', [dims], new Float32Array(dims).fill(UNIT_DIAGONAL));
    this.#bias = this.weight('bias', [dims], new Float32Array(dims));
  }

  /** `W = L U`, `[dims, dims]`. */
  weightMatrix(): Tensor {
    return tf.tidy(() => this.product());
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    const diagonal = this.diagonal();
    const centred = tf.sub(z, this.#bias);
    const x = tf.matMul(centred, tf.transpose(this.inverseProduct(diagonal)));
    return [x, tf.neg(tf.sum(tf.log(diagonal)))];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const z = tf.add(tf.matMul(x, tf.transpose(this.product())), this.#bias);
    return [z, tf.sum(tf.log(this.diagonal()))];
  }

  override getConfig(): Config {
    return { dims: this.dims };
  }

  private diagonal(): Tensor {
    return positiveDiagonal(this.#diagonal);
  }

  private product(): Tensor {
    const onDiagonal = tf.mul(tf.eye(this.dims), this.diagonal());
    if (!this.#lower || !this.#upper) return onDiagonal;
    const lower = tf.add(unpackStrictTriangle(this.#lower, this.dims, 'lower'), tf.eye(this.dims));
    const upper = tf.add(unpackStrictTriangle(this.#upper, this.dims, 'upper'), onDiagonal);
    return tf.matMul(lower, upper);
  }

  /** `W⁻¹ = U⁻¹ L⁻¹`, where `U = D (I + D⁻¹ N)` and so `U⁻¹ = (I + D⁻¹ N)⁻¹ D⁻¹`. */
  private inverseProduct(diagonal: Tensor): Tensor {
    const reciprocal = tf.reciprocal(diagonal);
    if (!this.#lower || !this.#upper) return tf.mul(tf.eye(this.dims), reciprocal);
    const lower = unpackStrictTriangle(this.#lower, this.dims, 'lower');
    const upper = tf.mul(tf.expandDims(reciprocal, 1), unpackStrictTriangle(this.#upper, this.dims, 'upper'));
    const upperInverse = tf.mul(unitTriangularInverse(upper, 'upper'), reciprocal);
    return tf.matMul(upperInverse, unitTriangularInverse(lower, 'lower'));
  }
}
