import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import { matrixExponential } from '../../linalg/matrix-exponential.js';
import type { Config } from '../../module.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';

/**
 * A dense linear map that cannot become singular, by its logarithm `A`; the density direction is the plain product:
 *
 * `inverse: z = exp(A) x + b`, `forward: x = exp(-A) (z - b)`, `log |det dz/dx| = tr A`.
 *
 * It starts as the identity and reaches the matrices of positive determinant that have a real logarithm. Neither direction
 * solves a system of equations.
 *
 * Source: Hoogeboom, Garcia Satorras, Tomczak, Welling, "The convolution exponential and generalized Sylvester flows", 2020,
 * section 3; Xiao and Liu, "Generative flows with matrix exponential", 2020.
 *
 * @cost forward: formula; inverse: formula
 */
export class MatrixExponential extends Bijector {
  static override readonly className = 'MatrixExponential';
  static override readonly samples = [2, 5].map((dims) => () => new MatrixExponential({ dims }));

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #dims: number;
  readonly #logarithm: Variable;
  readonly #bias: Variable;

  /** @throws FlowConfigError when `dims` is no positive integer. */
  constructor({ dims }: { dims: number }) {
    super();
    checkInteger('MatrixExponential.dims', dims);
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    this.#dims = dims;
    this.#logarithm = this.weight('logarithm', [dims, dims], new Float32Array(dims * dims));
    this.#bias = this.weight('bias', [dims], new Float32Array(dims));
  }

  /** `exp(A)`, `[dims, dims]`. */
  weightMatrix(): Tensor {
    return tf.tidy(() => matrixExponential(this.#logarithm));
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    const matrix = matrixExponential(tf.neg(this.#logarithm));
    return [tf.matMul(tf.sub(z, this.#bias), matrix, false, true), tf.neg(this.#trace())];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const matrix = matrixExponential(this.#logarithm);
    return [tf.add(tf.matMul(x, matrix, false, true), this.#bias), this.#trace()];
  }

  override getConfig(): Config {
    return { dims: this.#dims };
  }

  #trace(): Tensor {
    return tf.sum(tf.mul(this.#logarithm, tf.eye(this.#dims)));
  }
}
