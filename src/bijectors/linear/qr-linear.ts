import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import { strictTriangleSize, unpackStrictTriangle } from '../../kernels/strict-triangle/op.js';
import { householderProduct } from '../../linalg/householder-product.js';
import { triangularSolve } from '../../linalg/triangular-solve.js';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { positiveDiagonal, UNIT_DIAGONAL } from './positive-diagonal.js';
import { reflectionPairs } from './reflection-pairs.js';

/** Options of {@link QRLinear} and {@link SVDLinear}. */
export interface FactoredLinearOptions {
  /** Number of coordinates of one event. */
  readonly dims: number;
  /** Reflections of each orthogonal factor; an even number, so that it starts as the identity. Default: `dims`, rounded up to even. */
  readonly reflections?: number;
  /** Seed of the initial vectors. Default: 0. */
  readonly seed?: Seed;
}

/**
 * A dense linear map by its QR factors; the density direction is the plain product:
 *
 * `inverse: z = W x + b`, `forward: x = R⁻¹ Qᵀ (z - b)`, `W = Q R`, `log |det dz/dx| = Σ log Rᵢᵢ`,
 *
 * with `Q` a product of Householder reflections and `R` upper triangular, `Rᵢᵢ = softplus(rawᵢ) + 1e-3`. It starts as the
 * identity. Unlike the factors of {@link LULinear}, those of every matrix exist, without a permutation.
 *
 * Source: Hoogeboom, van den Berg, Welling, "Emerging convolutions for generative normalizing flows", 2019, section 3.3.
 *
 * @cost forward: formula; inverse: formula
 */
export class QRLinear extends Bijector {
  static override readonly className = 'QRLinear';
  static override readonly samples = [2, 5].map((dims) => () => new QRLinear({ dims }));

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #dims: number;
  readonly #vectors: Variable;
  /** Packed strict triangle; null for one dimension, where there is none. */
  readonly #upper: Variable | null = null;
  readonly #diagonal: Variable;
  readonly #bias: Variable;
  readonly #config: Config;

  /** @throws FlowConfigError for fewer than two dimensions, or a number that is no positive integer. */
  constructor({ dims, reflections = evenUp(dims), seed = 0 }: FactoredLinearOptions) {
    super();
    checkInteger('QRLinear.dims', dims, 2);
    checkInteger('QRLinear.reflections', reflections);
    const stream = RandomStream.from(seed);
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    this.#dims = dims;
    this.#vectors = this.weight('vectors', [reflections, dims], reflectionPairs(reflections, dims, stream));
    const entries = strictTriangleSize(dims);
    if (entries > 0) this.#upper = this.weight('upper', [entries], new Float32Array(entries));
    this.#diagonal = this.weight('diagonal', [dims], new Float32Array(dims).fill(UNIT_DIAGONAL));
    this.#bias = this.weight('bias', [dims], new Float32Array(dims));
    this.#config = { dims, reflections, seed: stream.key };
  }

  /** `W = Q R`, `[dims, dims]`. */
  weightMatrix(): Tensor {
    return tf.tidy(() => tf.matMul(householderProduct(this.#vectors), this.#triangle()));
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    const turned = tf.matMul(tf.sub(z, this.#bias), householderProduct(this.#vectors));
    // The inverse does not depend on the batch: it is found once and applied as one product.
    const inverse = triangularSolve(this.#triangle(), tf.eye(this.#dims), { lower: false });
    return [tf.matMul(turned, inverse, false, true), tf.neg(this.#logDet())];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const product = tf.matMul(householderProduct(this.#vectors), this.#triangle());
    return [tf.add(tf.matMul(x, product, false, true), this.#bias), this.#logDet()];
  }

  override getConfig(): Config {
    return this.#config;
  }

  #logDet(): Tensor {
    return tf.sum(tf.log(positiveDiagonal(this.#diagonal)));
  }

  #triangle(): Tensor {
    const onDiagonal = tf.mul(tf.eye(this.#dims), positiveDiagonal(this.#diagonal));
    return this.#upper ? tf.add(unpackStrictTriangle(this.#upper, this.#dims, 'upper'), onDiagonal) : onDiagonal;
  }
}

/** The next even number. */
export function evenUp(count: number): number {
  return 2 * Math.ceil(count / 2);
}
