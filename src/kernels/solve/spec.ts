/** What a system of equations is solved for. */
export interface SolveAttributes {
  /** Solve with the transposed matrix. */
  readonly adjoint: boolean;
}
