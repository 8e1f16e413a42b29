import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import { FlowConfigError } from '../../errors.js';
import { householderProduct } from '../../linalg/householder-product.js';
import { orthonormalize } from '../../linalg/orthonormalize.js';
import { randomOrthogonal } from '../../numerics/random-orthogonal.js';
import type { RandomStream } from '../../random.js';

/** How the orthonormal columns of a Sylvester map are made. */
export type SylvesterBasisName = 'orthogonal' | 'householder' | 'triangular';

/** The orthonormal columns `Q`, `[dims, units]`, in which a Sylvester map moves points. */
export interface SylvesterBasis {
  readonly units: number;
  /** Raw parameters. */
  readonly count: number;
  /** Those to start from. */
  start(stream: RandomStream): number[];
  /** Both products with the columns of raw parameters `[rows, count]`, `rows` 1 or that of what is multiplied; null for none. */
  columns(raw: Tensor | null): SylvesterColumns;
}

/** `Q` of each row, or of all rows. */
export interface SylvesterColumns {
  /** `Qᵀ x`: `[batch, dims]` → `[batch, units]`. */
  project(x: Tensor): Tensor;
  /** `Q v`: `[batch, units]` → `[batch, dims]`. */
  embed(v: Tensor): Tensor;
}

/** Sizes of a basis. */
export interface SylvesterBasisSizes {
  readonly dims: number;
  readonly units: number;
  readonly reflections: number;
  readonly flip: boolean;
}

/**
 * The basis of that name.
 *
 * @throws FlowConfigError for a name that is not there, sizes that are no positive integers, or `units` above `dims` (for
 *   `triangular`: other than `dims`).
 */
export function sylvesterBasis(name: SylvesterBasisName, sizes: SylvesterBasisSizes): SylvesterBasis {
  const { dims, units, reflections, flip } = sizes;
  checkInteger('Sylvester.units', units);
  checkInteger('Sylvester.reflections', reflections);
  if (units > dims || (name === 'triangular' && units < dims)) {
    const expected = name === 'triangular' ? '`units` as many as `dims`' : 'at most as many `units` as `dims`';
    throw new FlowConfigError('Sylvester', { expected: `${expected}, ${dims}`, got: String(units) });
  }
  switch (name) {
    case 'orthogonal':
      return {
        units,
        count: dims * units,
        // The first columns of a random orthogonal matrix, row by row.
        start: (stream) => randomOrthogonal(dims, stream).flatMap((row) => row.slice(0, units)),
        columns: (raw) => products(orthonormalize(tf.reshape(raw!, [-1, dims, units]))),
      };
    case 'householder':
      return {
        units,
        count: reflections * dims,
        start: (stream) => [...stream.normal(reflections * dims)],
        columns: (raw) => products(householderProduct(tf.reshape(raw!, [-1, reflections, dims]), units)),
      };
    case 'triangular': {
      const turn = (x: Tensor) => (flip ? tf.reverse(x, 1) : x);
      return { units, count: 0, start: () => [], columns: () => ({ project: turn, embed: turn }) };
    }
    default:
      throw new FlowConfigError('Sylvester', {
        expected: "basis: 'orthogonal', 'householder' or 'triangular'",
        got: `'${String(name)}'`,
      });
  }
}

/** `q`: `[rows, dims, units]` */
function products(q: Tensor): SylvesterColumns {
  return { project: (x) => timesRows(x, q, false), embed: (v) => timesRows(v, q, true) };
}

/**
 * Each row times the matrix of its row, or the only one there is.
 *
 * @param x `[batch, n]`
 * @param matrices `[rows, n, m]`, or transposed `[rows, m, n]`; `rows` 1 or `batch`
 * @returns `[batch, m]`
 */
export function timesRows(x: Tensor, matrices: Tensor, transposed: boolean): Tensor {
  const [rows, ...shape] = matrices.shape;
  if (rows === 1) return tf.matMul(x, tf.reshape(matrices, shape as [number, number]), false, transposed);
  return tf.squeeze(tf.matMul(tf.expandDims(x, 1), matrices, false, transposed), [1]);
}
