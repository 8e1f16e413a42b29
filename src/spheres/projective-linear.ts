import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { clamp } from '../kernels/clamp/op.js';
import { spreadColumns } from '../kernels/columns/op.js';
import { triangularSolve } from '../linalg/triangular-solve.js';
import type { Config } from '../module.js';
import { SphereTransform, type SphereResult } from './sphere-transform.js';
import { dot, unit } from '../numerics/unit.js';

/** Largest logarithm of a diagonal entry. */
const BOUND = 5;

/**
 * A linear map followed by normalisation: `y = A z / |A z|`, `log area = log |det A| - n log |A z|`, and back by `A⁻¹`. `A = L U`
 * with a unit lower triangle and a diagonal `exp(s)`, `|s| ≤ 5`. Acts on rotations, and contains the symmetrised Möbius map.
 * The raw parameters are `s`, the rest of `U` and that of `L`, row by row.
 *
 * Source: the change of area under `z → A z / |A z|` is that of Tyler, "Statistical analysis for the angular central Gaussian
 * distribution on the sphere", 1987.
 *
 * @cost forward: formula; inverse: formula
 */
export class ProjectiveLinear extends SphereTransform {
  static override readonly className = 'ProjectiveLinear';

  override readonly dims: number;
  override readonly parameterCount: number;
  override readonly odd = true;

  /** @throws FlowConfigError when `dims` is below 2. */
  constructor({ dims }: { readonly dims: number }) {
    super();
    checkInteger('ProjectiveLinear.dims', dims, 2);
    this.dims = dims;
    this.parameterCount = dims * dims;
  }

  override startParameters(): number[] {
    return Array<number>(this.parameterCount).fill(0);
  }

  override forward(x: Tensor, raw: Tensor): SphereResult {
    const { lower, upper, logDet } = this.#factors(raw);
    const column = tf.expandDims(unit(x), 2);
    return project(tf.matMul(lower, tf.matMul(upper, column)), logDet);
  }

  override inverse(y: Tensor, raw: Tensor): SphereResult {
    const { lower, upper, logDet } = this.#factors(raw);
    const column = tf.expandDims(unit(y), 2);
    const middle = triangularSolve(lower, column, { lower: true });
    return project(triangularSolve(upper, middle, { lower: false }), tf.neg(logDet));
  }

  override getConfig(): Config {
    return { dims: this.dims };
  }

  /** The triangles, `[rows, n, n]`, and `log |det A|`, `[rows]`. */
  #factors(raw: Tensor): { lower: Tensor; upper: Tensor; logDet: Tensor } {
    const n = this.dims;
    const half = (n * (n - 1)) / 2;
    const logs = clamp(tf.slice(raw, [0, 0], [-1, n]), -BOUND, BOUND);
    const above = tf.slice(raw, [0, n], [-1, half]);
    const below = tf.slice(raw, [0, n + half], [-1, half]);
    const matrix = (entries: Tensor, isHere: (i: number, j: number) => boolean) =>
      tf.reshape(spreadColumns(entries, places(n, isHere), n * n), [raw.shape[0], n, n]);
    const diagonal = matrix(tf.exp(logs), (i, j) => i === j);
    return {
      lower: tf.add(matrix(below, (i, j) => j < i), tf.eye(n)), // prettier-ignore
      upper: tf.add(matrix(above, (i, j) => j > i), diagonal), // prettier-ignore
      logDet: tf.sum(logs, 1),
    };
  }
}

/** Where some entries of an `n × n` matrix are, row by row. */
function places(n: number, isHere: (i: number, j: number) => boolean): number[] {
  return Array.from({ length: n * n }, (_, k) => k).filter((k) => isHere(Math.floor(k / n), k % n));
}

function project(image: Tensor, logDet: Tensor): SphereResult {
  const [rows, n] = image.shape;
  const vectors = tf.reshape(image, [rows, n]);
  const stretch = tf.log(tf.squeeze(dot(vectors, vectors), [1]));
  return { value: unit(vectors), logDet: tf.sub(logDet, tf.mul(stretch, n / 2)) };
}
