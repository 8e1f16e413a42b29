import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import { logSoftmax } from '../../kernels/log-sum-exp/op.js';
import type { Config } from '../../module.js';
import type { ValueAndLogDet } from '../bijector.js';
import { SimplexMap, type SimplexOptions } from './simplex-map.js';

/** Options of {@link Softmax}. */
export interface SoftmaxOptions extends SimplexOptions {
  /**
   * `isometric` (default): distances between coordinates are those between log-ratios of the parts, so that all parts are alike.
   * `additive`: `xₖ = log yₖ / y_K`, easy to read, but the last part is special.
   */
  readonly coordinates?: 'isometric' | 'additive';
}

/**
 * Onto the simplex by exponentials, the inverse of the log-ratio coordinates of compositional data. With `K = parts`,
 *
 * `forward: y = softmax(V x)`, `log |det dy/dx| = Σₖ log yₖ + c`, `inverse: x = V⁺ log y`.
 *
 * `isometric`: column `k` of the `K` by `K - 1` matrix `V` is `(1, ..., 1, -k, 0, ..., 0) / √(k (k + 1))`, with `k` ones; columns
 * are orthonormal, `V⁺ = Vᵀ`, `c = ½ log K`. `additive`: `V x = (x₁, ..., x_{K-1}, 0)`, `c = 0`. `x = 0` is the middle of the
 * simplex. See {@link SimplexMap} for what densities are with respect to.
 *
 * Sources: Egozcue, Pawlowsky-Glahn, Mateu-Figueras, Barceló-Vidal, "Isometric logratio transformations for compositional data
 * analysis", 2003; Aitchison, "The statistical analysis of compositional data", 1986.
 *
 * @cost forward: formula; inverse: formula
 * @domain ℝⁿ⁻¹ → the simplex of n parts
 * @throws FlowDataError from `inverse`, naming rows, for points off the simplex.
 */
export class Softmax extends SimplexMap {
  static override readonly className = 'Softmax';
  static override readonly samples = [
    () => new Softmax({ parts: 3 }),
    () => new Softmax({ parts: 3, coordinates: 'additive' }),
  ];

  readonly #isometric: boolean;

  /** @throws FlowConfigError for fewer than two parts, or unknown coordinates. */
  constructor(options: SoftmaxOptions) {
    super('Softmax', options);
    const { coordinates = 'isometric' } = options;
    if (coordinates !== 'isometric' && coordinates !== 'additive') {
      const expected = "coordinates: 'isometric' or 'additive'";
      throw new FlowConfigError('Softmax', { expected, got: `'${String(coordinates)}'` });
    }
    this.#isometric = coordinates === 'isometric';
  }

  protected override logParts(x: Tensor): ValueAndLogDet {
    const logs = logSoftmax(this.#isometric ? tf.matMul(x, contrasts(this.parts)) : tf.pad(x, [[0, 0], [0, 1]])); // prettier-ignore
    return [logs, tf.add(tf.sum(logs, 1), this.#isometric ? 0.5 * Math.log(this.parts) : 0)];
  }

  protected override coordinates(y: Tensor): Tensor {
    const logs = tf.log(y);
    if (this.#isometric) return tf.matMul(logs, contrasts(this.parts), false, true);
    const last = this.parts - 1;
    return tf.sub(tf.slice(logs, [0, 0], [-1, last]), tf.slice(logs, [0, last], [-1, 1]));
  }

  override getConfig(): Config {
    return { parts: this.parts, coordinates: this.#isometric ? 'isometric' : 'additive' };
  }
}

/** `Vᵀ`, `[parts - 1, parts]`. */
function contrasts(parts: number): Tensor {
  const rows = Array.from({ length: parts - 1 }, (_, i) => {
    const size = Math.sqrt((i + 1) * (i + 2));
    return Array.from({ length: parts }, (__, j) => (j <= i ? 1 : j === i + 1 ? -(i + 1) : 0) / size);
  });
  return tf.tensor2d(rows.flat(), [parts - 1, parts]);
}
