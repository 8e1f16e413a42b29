/** Eigenvalues and -vectors of a symmetric matrix: `matrix = Σ values[k] · vectors[k] vectors[k]ᵀ`. */
export interface SymmetricEigen {
  /** From the largest down. */
  readonly values: number[];
  /** One orthonormal vector a row; the entry that is largest in absolute value is positive. */
  readonly vectors: number[][];
}

const MAX_SWEEPS = 50;

/**
 * Eigenvalues and -vectors of a symmetric matrix in doubles, by cyclic rotations (Jacobi; Golub, Van Loan, "Matrix
 * Computations", section 8.5), which converge quadratically: some ten sweeps of `O(n³)` each. Only symmetric, finite input
 * makes sense.
 */
export function symmetricEigen(matrix: readonly (readonly number[])[]): SymmetricEigen {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const v = a.map((_, i) => Float64Array.from({ length: n }, (__, j) => (i === j ? 1 : 0)));
  const size = Math.sqrt(a.reduce((sum, row) => sum + row.reduce((own, value) => own + value * value, 0), 0));
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let rest = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rest += a[p][q] ** 2;
    if (Math.sqrt(rest) <= 1e-16 * size) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, p, q);
  }
  const order = a.map((_, k) => k).sort((j, k) => a[k][k] - a[j][j]);
  return { values: order.map((k) => a[k][k]), vectors: order.map((k) => pointed([...v[k]])) };
}

/** Turns the plane of two axes until `a[p][q]` is zero; `v` holds one vector a row. */
function rotate(a: readonly Float64Array[], v: readonly Float64Array[], p: number, q: number): void {
  if (a[p][q] === 0) return;
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  const turn = (x: Float64Array, y: Float64Array, i: number, j: number) => {
    const [s, t] = [x[i], y[j]];
    x[i] = cosine * s - sine * t;
    y[j] = sine * s + cosine * t;
  };
  for (let i = 0; i < a.length; i++) turn(a[i], a[i], p, q);
  for (let i = 0; i < a.length; i++) turn(a[p], a[q], i, i);
  for (let i = 0; i < a.length; i++) turn(v[p], v[q], i, i);
  a[p][q] = a[q][p] = 0;
}

/** A vector or its negative, so that the result is the same on every machine. */
function pointed(vector: number[]): number[] {
  const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? vector.map((value) => -value) : vector;
}
