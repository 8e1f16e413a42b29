import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import { clamp } from '../../kernels/clamp/op.js';
import { cholesky } from '../../linalg/cholesky.js';
import { unvech, vech } from '../../linalg/vech.js';
import type { Config } from '../../module.js';
import type { ValueAndLogDet } from '../bijector.js';
import { ConstrainedMap, type Fault } from './constrained-map.js';

/** Largest logarithm of a diagonal entry that is used: squares of its exponential still are float32. */
const MOST_LOG = 40;
/** How far a matrix may be from symmetric, relative to its largest entry. */
const SYMMETRY_TOLERANCE = 1e-4;

/**
 * From `n (n + 1) / 2` real numbers onto symmetric positive definite matrices, by their Cholesky factor with logarithms on its
 * diagonal. `x` holds the lower triangle row by row, as `vech` gives it:
 *
 * `forward: A = L Lᵀ`, `Lᵢᵢ = exp xᵢᵢ`, `Lᵢⱼ = xᵢⱼ` for `j < i`; `log |det| = n log 2 + Σᵢ (n - i + 2) xᵢᵢ`, `i = 1 ... n`,
 * `inverse: L = cholesky(A)`.
 *
 * Log-determinants, and so densities, are with respect to the entries on and below the diagonal, as those of Wishart distributions
 * are written. `x = 0` is the identity matrix. `inverse` reads the lower triangle alone. Logarithms beyond ±40 are taken as these, so
 * that matrices stay finite.
 *
 * Source: Pinheiro and Bates, "Unconstrained parametrizations for variance-covariance matrices", 1996, section 2.2.
 *
 * @cost forward: formula; inverse: formula
 * @domain ℝⁿ → symmetric positive definite matrices
 * @throws FlowDataError from `inverse`, naming rows, for matrices that are not symmetric or not positive definite.
 */
export class LogCholesky extends ConstrainedMap {
  static override readonly className = 'LogCholesky';
  static override readonly samples = [() => new LogCholesky({ dims: 2 })];

  /** Rows of a matrix. */
  readonly dims: number;
  protected override readonly constraint = 'symmetric positive definite matrices';
  protected override readonly remedy =
    'Rounding can cost a nearly singular matrix its definiteness: add to the diagonal.';

  /** @throws FlowConfigError when `dims` is no positive integer. */
  constructor({ dims }: { dims: number }) {
    checkInteger('LogCholesky.dims', dims);
    super((dims * (dims + 1)) / 2, [dims, dims]);
    this.dims = dims;
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    const lower = unvech(x);
    const unit = tf.eye(this.dims);
    const diagonal = tf.exp(clamp(tf.mul(lower, unit), -MOST_LOG, MOST_LOG));
    const factor = tf.add(tf.mul(lower, tf.sub(1, unit)), tf.mul(diagonal, unit));
    return [tf.matMul(factor, factor, false, true), this.#logDet(lower)];
  }

  protected override pull(y: Tensor): ValueAndLogDet {
    const factor = cholesky(y);
    const unit = tf.eye(this.dims);
    // Ones where there is no diagonal, so that their logarithms are zero.
    const logs = tf.log(tf.add(tf.mul(factor, unit), tf.sub(1, unit)));
    const lower = tf.add(tf.mul(factor, tf.sub(1, unit)), logs);
    return [vech(lower), tf.neg(this.#logDet(lower))];
  }

  protected override faultOf(y: Tensor): Fault | null {
    const values = y.dataSync();
    const factors = cholesky(y).dataSync();
    const { dims } = this;
    const faults = Array.from({ length: y.shape[0] }, (_, row) => {
      const [start, end] = [row * dims * dims, (row + 1) * dims * dims];
      const asymmetry = asymmetryOf(values.subarray(start, end), dims);
      if (!(asymmetry <= SYMMETRY_TOLERANCE)) return 'one that is not symmetric';
      return factors.subarray(start, end).every(Number.isFinite) ? null : 'one that is not positive definite';
    });
    const bad = faults.flatMap((fault, i) => (fault === null ? [] : [i]));
    return bad.length === 0 ? null : { got: faults[bad[0]]!, rows: bad };
  }

  override getConfig(): Config {
    return { dims: this.dims };
  }

  /** From logarithms on the diagonal of `lower`, `[batch, dims, dims]`. */
  #logDet(lower: Tensor): Tensor {
    const powers = tf.tensor1d(Array.from({ length: this.dims }, (_, i) => this.dims - i + 1));
    const weighted = tf.mul(lower, tf.mul(tf.eye(this.dims), powers));
    return tf.add(tf.sum(weighted, [1, 2]), this.dims * Math.LN2);
  }
}

/** Largest difference of an entry and its mirror image, relative to the largest entry; NaN when one is not a number. */
function asymmetryOf(matrix: ArrayLike<number>, n: number): number {
  const entries = Array.from(matrix);
  const largest = Math.max(...entries.map(Math.abs));
  return (
    Math.max(0, ...entries.map((value, k) => Math.abs(value - entries[(k % n) * n + Math.floor(k / n)]))) / largest
  );
}
