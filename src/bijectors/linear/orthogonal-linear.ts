import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import { FlowConfigError } from '../../errors.js';
import { strictTriangleSize, unpackStrictTriangle } from '../../kernels/strict-triangle/op.js';
import { matrixExponential } from '../../linalg/matrix-exponential.js';
import { solve } from '../../linalg/solve.js';
import type { Config } from '../../module.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';

/** How an orthogonal matrix is made of a skew-symmetric one. */
export type OrthogonalMap = 'exponential' | 'cayley';

/** Options of {@link OrthogonalLinear}. */
export interface OrthogonalLinearOptions {
  /** Number of coordinates of one event. */
  readonly dims: number;
  /**
   * `exponential` (default): `Q = exp(S)`, every rotation. `cayley`: `Q = (I + S)⁻¹ (I - S)`, cheaper; a turn by half a circle
   * is at infinity.
   */
  readonly map?: OrthogonalMap;
}

/**
 * A trained rotation by its skew-symmetric generator: `forward: y = Q x`, `inverse: x = Qᵀ y`, `log |det Q| = 0`,
 * `Q = exp(S)` or its Cayley transform, `S = A - Aᵀ` with `A` strictly lower triangular, kept packed row by row. It starts as
 * the identity. Unlike {@link Householder}, no two parameters stand for the same direction, and no reflection is reached.
 *
 * Sources: Golinski, Lezcano-Casado, Rainforth, "Improving normalizing flows via better orthogonal parameterizations", 2019;
 * Lezcano-Casado and Martinez-Rubio, "Cheap orthogonal constraints in neural networks", 2019.
 *
 * @cost forward: formula; inverse: formula
 */
export class OrthogonalLinear extends Bijector {
  static override readonly className = 'OrthogonalLinear';
  static override readonly samples = [
    () => new OrthogonalLinear({ dims: 2 }),
    () => new OrthogonalLinear({ dims: 5, map: 'cayley' }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #dims: number;
  readonly #map: OrthogonalMap;
  readonly #lower: Variable;

  /** @throws FlowConfigError for fewer than two dimensions, or an unknown map. */
  constructor({ dims, map = 'exponential' }: OrthogonalLinearOptions) {
    super();
    checkInteger('OrthogonalLinear.dims', dims, 2);
    if (map !== 'exponential' && map !== 'cayley') {
      const expected = "map: 'exponential' or 'cayley'";
      throw new FlowConfigError('OrthogonalLinear', { expected, got: `'${String(map)}'` });
    }
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    this.#dims = dims;
    this.#map = map;
    const entries = strictTriangleSize(dims);
    this.#lower = this.weight('lower', [entries], new Float32Array(entries));
  }

  /** `Q`, `[dims, dims]`. */
  weightMatrix(): Tensor {
    return tf.tidy(() => this.#matrix());
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return [tf.matMul(x, this.#matrix(), false, true), tf.scalar(0)];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    return [tf.matMul(y, this.#matrix()), tf.scalar(0)];
  }

  override getConfig(): Config {
    return { dims: this.#dims, map: this.#map };
  }

  #matrix(): Tensor {
    const lower = unpackStrictTriangle(this.#lower, this.#dims, 'lower');
    const skew = tf.sub(lower, tf.transpose(lower));
    if (this.#map === 'exponential') return matrixExponential(skew);
    const unit = tf.eye(this.#dims);
    return solve(tf.add(unit, skew), tf.sub(unit, skew));
  }
}
