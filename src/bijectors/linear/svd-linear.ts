import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import { householderProduct } from '../../linalg/householder-product.js';
import type { Config } from '../../module.js';
import { RandomStream } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { positiveDiagonal, UNIT_DIAGONAL } from './positive-diagonal.js';
import { evenUp, type FactoredLinearOptions } from './qr-linear.js';
import { reflectionPairs } from './reflection-pairs.js';

/**
 * A dense linear map by its singular values; the density direction is the plain product:
 *
 * `inverse: z = W x + b`, `forward: x = V S⁻¹ Uᵀ (z - b)`, `W = U S Vᵀ`, `log |det dz/dx| = Σ log sᵢ`,
 *
 * with `U` and `V` products of Householder reflections and `sᵢ = softplus(rawᵢ) + 1e-3`. It starts as the identity. Both
 * directions are products, and the singular values, which say how far the map stretches, are there to be read.
 *
 * Source: Zhang, Lei, Dhillon, "Stabilizing gradients for deep neural networks via efficient SVD parameterization", 2018.
 *
 * @cost forward: formula; inverse: formula
 */
export class SVDLinear extends Bijector {
  static override readonly className = 'SVDLinear';
  static override readonly samples = [2, 5].map((dims) => () => new SVDLinear({ dims }));

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #left: Variable;
  readonly #right: Variable;
  readonly #diagonal: Variable;
  readonly #bias: Variable;
  readonly #config: Config;

  /** @throws FlowConfigError for fewer than two dimensions, or a number that is no positive integer. */
  constructor({ dims, reflections = evenUp(dims), seed = 0 }: FactoredLinearOptions) {
    super();
    checkInteger('SVDLinear.dims', dims, 2);
    checkInteger('SVDLinear.reflections', reflections);
    const stream = RandomStream.from(seed);
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    const vectors = (name: string) =>
      this.weight(name, [reflections, dims], reflectionPairs(reflections, dims, stream.split(name)));
    this.#left = vectors('left');
    this.#right = vectors('right');
    this.#diagonal = this.weight('diagonal', [dims], new Float32Array(dims).fill(UNIT_DIAGONAL));
    this.#bias = this.weight('bias', [dims], new Float32Array(dims));
    this.#config = { dims, reflections, seed: stream.key };
  }

  /** `sᵢ`, `[dims]`, in no particular order. */
  singularValues(): Tensor {
    return tf.tidy(() => positiveDiagonal(this.#diagonal));
  }

  /** `W = U S Vᵀ`, `[dims, dims]`. */
  weightMatrix(): Tensor {
    return tf.tidy(() => this.#product(positiveDiagonal(this.#diagonal)));
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    const values = positiveDiagonal(this.#diagonal);
    // Rows times U S⁻¹ Vᵀ are columns under V S⁻¹ Uᵀ.
    const x = tf.matMul(tf.sub(z, this.#bias), this.#product(tf.reciprocal(values)));
    return [x, tf.neg(tf.sum(tf.log(values)))];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const values = positiveDiagonal(this.#diagonal);
    const z = tf.add(tf.matMul(x, this.#product(values), false, true), this.#bias);
    return [z, tf.sum(tf.log(values))];
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** `U diag(values) Vᵀ`. */
  #product(values: Tensor): Tensor {
    return tf.matMul(tf.mul(householderProduct(this.#left), values), householderProduct(this.#right), false, true);
  }
}
