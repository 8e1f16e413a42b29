import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ValueAndLogDet } from '../bijector.js';
import { SimplexMap, type SimplexOptions } from './simplex-map.js';

/**
 * Onto the simplex by breaking a stick of length 1: each coordinate says which share of the rest the next part takes. With
 * `K = parts` and `tₖ = xₖ - log (K - k)`,
 *
 * `forward: yₖ = σ(tₖ) Π_{j<k} (1 - σ(tⱼ))` for `k < K`, `y_K` the rest,
 * `log |det dy/dx| = Σₖ (log σ(tₖ) + (K - k) log (1 - σ(tₖ)))`,
 * `inverse: xₖ = log yₖ - log Σ_{j>k} yⱼ + log (K - k)`.
 *
 * `x = 0` is the middle of the simplex. The order of the parts matters: `Softmax` treats all alike. See {@link SimplexMap} for what
 * densities are with respect to.
 *
 * Source: Stan Development Team, "Stan reference manual", section "Unit simplex"; Betancourt, "Cruising the simplex", 2012.
 *
 * @cost forward: formula; inverse: formula
 * @domain ℝⁿ⁻¹ → the simplex of n parts
 * @throws FlowDataError from `inverse`, naming rows, for points off the simplex.
 */
export class StickBreaking extends SimplexMap {
  static override readonly className = 'StickBreaking';
  static override readonly samples = [() => new StickBreaking({ parts: 4 })];

  /** @throws FlowConfigError for fewer than two parts. */
  constructor(options: SimplexOptions) {
    super('StickBreaking', options);
  }

  protected override logParts(x: Tensor): ValueAndLogDet {
    const { parts } = this;
    const t = tf.sub(x, this.#middle());
    const [logTaken, logLeft] = [tf.neg(tf.softplus(tf.neg(t))), tf.neg(tf.softplus(t))];
    // Each part has all earlier breaks in it.
    const logRest = tf.matMul(
      logLeft,
      matrix(parts - 1, parts, (k, part) => (k < part ? 1 : 0)),
    );
    const logs = tf.add(logRest, tf.pad(logTaken, [[0, 0], [0, 1]])); // prettier-ignore
    const remaining = tf.tensor1d(Array.from({ length: parts - 1 }, (_, k) => parts - 1 - k));
    return [logs, tf.sum(tf.add(logTaken, tf.mul(logLeft, remaining)), 1)];
  }

  protected override coordinates(y: Tensor): Tensor {
    const { parts } = this;
    const after = tf.matMul(
      y,
      matrix(parts, parts - 1, (part, k) => (part > k ? 1 : 0)),
    );
    const taken = tf.slice(y, [0, 0], [-1, parts - 1]);
    return tf.add(tf.sub(tf.log(taken), tf.log(after)), this.#middle());
  }

  /** `log (K - k)`. */
  #middle(): Tensor {
    return tf.tensor1d(Array.from({ length: this.parts - 1 }, (_, k) => Math.log(this.parts - 1 - k)));
  }
}

/** A constant matrix. */
function matrix(rows: number, columns: number, entry: (row: number, column: number) => number): Tensor {
  const entries = Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (__, j) => entry(i, j)));
  return tf.tensor2d(entries.flat(), [rows, columns]);
}
