import type { Floats } from '../fused/cpu.js';
import { CANCELLED_DOUBLE } from './cancelled.js';

/**
 * Copies the matrix `[n, n]` that begins at `from`, transposed if `adjoint`, to the left of rows of `width` doubles.
 *
 * @returns whether all entries are finite
 */
export function loadMatrix(
  a: Floats,
  from: number,
  n: number,
  adjoint: boolean,
  rows: Float64Array,
  width: number,
): boolean {
  let finite = true;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const entry = a[from + (adjoint ? j * n + i : i * n + j)];
      rows[i * width + j] = entry;
      finite &&= Number.isFinite(entry);
    }
  }
  return finite;
}

/**
 * Gaussian elimination with partial pivoting, in place: `P A = L U` for the first `n` columns of `n` rows, multipliers
 * below the diagonal; further columns `B` become `L⁻¹ P B` (Golub and Van Loan, "Matrix computations", 2013, algorithm
 * 3.4.1). A column without pivot is passed over and leaves a zero on the diagonal.
 *
 * @param permutation becomes the original index of each row
 * @returns the sign of the permutation
 */
export function eliminate(rows: Float64Array, n: number, width: number, permutation: Int32Array): number {
  let sign = 1;
  for (let i = 0; i < n; i++) permutation[i] = i;
  for (let j = 0; j < n; j++) {
    let pivotRow = j;
    let largest = Math.abs(rows[j * width + j]);
    for (let i = j + 1; i < n; i++) {
      const size = Math.abs(rows[i * width + j]);
      if (size > largest) [pivotRow, largest] = [i, size];
    }
    if (largest === 0) continue;
    if (pivotRow !== j) {
      sign = -sign;
      swap(permutation, j, pivotRow, 1);
      swap(rows, j * width, pivotRow * width, width);
    }
    const pivot = rows[j * width + j];
    for (let i = j + 1; i < n; i++) {
      const factor = rows[i * width + j] / pivot;
      rows[i * width + j] = factor;
      subtractRow(rows, i * width, j * width, factor, j + 1, width);
    }
  }
  return sign;
}

/** Entries from `begin` to `end` of the row at `to`, less `factor` times those of the row at `from`. */
function subtractRow(rows: Float64Array, to: number, from: number, factor: number, begin: number, end: number): void {
  for (let c = begin; c < end; c++) {
    const entry = rows[to + c];
    const rest = entry - factor * rows[from + c];
    rows[to + c] = Math.abs(rest) <= CANCELLED_DOUBLE * Math.abs(entry) ? 0 : rest;
  }
}

function swap(values: Float64Array | Int32Array, a: number, b: number, count: number): void {
  for (let i = 0; i < count; i++) [values[a + i], values[b + i]] = [values[b + i], values[a + i]];
}

/**
 * `U⁻¹ Y` in place, for the rows `[U | Y]` that {@link eliminate} leaves.
 *
 * @returns false when `U` is singular
 */
export function substituteBack(rows: Float64Array, n: number, width: number): boolean {
  for (let i = n - 1; i >= 0; i--) {
    const pivot = rows[i * width + i];
    if (pivot === 0) return false;
    for (let j = i + 1; j < n; j++) {
      const factor = rows[i * width + j];
      for (let c = n; c < width; c++) rows[i * width + c] -= factor * rows[j * width + c];
    }
    for (let c = n; c < width; c++) rows[i * width + c] /= pivot;
  }
  return true;
}
