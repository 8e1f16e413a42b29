import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { cholesky } from '../numerics/cholesky.js';
import { isList } from './check.js';

/** A square matrix as a list of rows. */
export type SquareMatrix = readonly (readonly number[])[];

/** The transpose of a matrix, as a tensor. */
export function transposedTensor(matrix: SquareMatrix): Tensor2D {
  return tf.transpose(tf.tensor2d(matrix.map((row) => [...row])));
}

/**
 * The Cholesky factor of a covariance matrix.
 *
 * @throws FlowConfigError unless it is symmetric and positive definite.
 */
export function factorOf(where: string, covariance: SquareMatrix): number[][] {
  const symmetric = (value: number, i: number, j: number) =>
    Math.abs(value - covariance[j][i]) <= 1e-6 * (Math.abs(value) + Math.abs(covariance[i][i]));
  checkEntries(where, covariance, 'a square matrix of finite numbers', Number.isFinite);
  checkEntries(where, covariance, 'a symmetric matrix', symmetric);
  const factor = cholesky(covariance);
  if (!factor) {
    throw new FlowConfigError(where, {
      expected: 'a positive definite matrix',
      got: 'one with an eigenvalue that is zero or negative, up to rounding',
      hint: 'Add a small multiple of the identity, or leave out coordinates that follow from others.',
    });
  }
  return factor;
}

/** @throws FlowConfigError unless `factor` is lower triangular with a positive diagonal. */
export function checkFactor(where: string, factor: SquareMatrix): SquareMatrix {
  checkEntries(
    where,
    factor,
    'a lower triangular matrix with a positive diagonal',
    (value, i, j) => Number.isFinite(value) && (i === j ? value > 0 : j < i || value === 0),
  );
  return factor;
}

/** @throws FlowConfigError for a matrix that is not square, or the first entry that is not valid. */
function checkEntries(
  where: string,
  matrix: SquareMatrix,
  expected: string,
  valid: (value: number, i: number, j: number) => boolean,
): void {
  if (!isList(matrix) || matrix.length === 0) {
    throw new FlowConfigError(where, { expected, got: isList(matrix) ? 'an empty list' : String(matrix) });
  }
  for (const [i, row] of matrix.entries()) {
    if (!isList(row) || row.length !== matrix.length) {
      const length = isList(row) ? `of length ${row.length}` : String(row);
      throw new FlowConfigError(where, { expected, got: `${matrix.length} rows, row ${i} ${length}` });
    }
    const j = row.findIndex((value, column) => !valid(value, i, column));
    if (j >= 0) throw new FlowConfigError(where, { expected, got: `${row[j]} in row ${i}, column ${j}` });
  }
}
