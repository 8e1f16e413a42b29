/** `A = P L U` of a square matrix, in doubles. */
export interface PLU {
  /** Row `i` of `A` is row `permutation[i]` of `L U`. */
  readonly permutation: number[];
  /** Unit lower triangular; entries are at most one in size. */
  readonly lower: number[][];
  /** Upper triangular. */
  readonly upper: number[][];
  readonly determinant: number;
  /** Whether a pivot is zero, or what rounding leaves of zero. */
  readonly singular: boolean;
}

/**
 * Triangular factors of a matrix by elimination with partial pivoting (Golub and Van Loan, "Matrix computations", 2013,
 * section 3.4). A singular matrix has factors as well.
 */
export function plu(matrix: readonly (readonly number[])[]): PLU {
  const n = matrix.length;
  const upper = matrix.map((row) => [...row]);
  const lower = matrix.map(() => Array<number>(n).fill(0));
  // Which row of the matrix stands where, and the largest number that went into it.
  const order = Array.from({ length: n }, (_, i) => i);
  const size = upper.map(largest);
  let determinant = 1;
  let singular = false;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(upper[i][k]) > Math.abs(upper[pivot][k])) pivot = i;
    if (pivot !== k) {
      for (const list of [upper, lower, order, size]) [list[k], list[pivot]] = [list[pivot], list[k]];
      determinant = -determinant;
    }
    lower[k][k] = 1;
    determinant *= upper[k][k];
    if (!(Math.abs(upper[k][k]) > n * Number.EPSILON * size[k])) singular = true;
    if (upper[k][k] === 0) continue;
    for (let i = k + 1; i < n; i++) {
      const factor = upper[i][k] / upper[k][k];
      lower[i][k] = factor;
      upper[i][k] = 0;
      for (let j = k + 1; j < n; j++) upper[i][j] -= factor * upper[k][j];
      size[i] = Math.max(size[i], Math.abs(factor) * size[k]);
    }
  }
  const permutation = Array<number>(n).fill(0);
  order.forEach((row, place) => (permutation[row] = place));
  // Without the sign of a zero.
  return { permutation, lower, upper, determinant: determinant + 0, singular };
}

function largest(row: readonly number[]): number {
  return row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
