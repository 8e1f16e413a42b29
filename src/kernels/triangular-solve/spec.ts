/** Which triangle a matrix is read from, and how. */
export interface TriangularSolveAttributes {
  /** Whether the matrix is lower triangular, as it stands (before transposition). */
  readonly lower: boolean;
  /** Solve with the transposed matrix. */
  readonly adjoint: boolean;
  /** Take the diagonal to be ones, and do not read it. */
  readonly unitDiagonal: boolean;
}
