/** What is eliminated, and how: everything that the code of a GPU program depends on, and the size of the batch. */
export interface EliminationPlan {
  readonly count: number;
  readonly n: number;
  /** Columns of the right-hand side. */
  readonly k: number;
  /** Whether the right-hand side is a tensor or the identity; of no meaning without columns. */
  readonly right: 'given' | 'identity';
  /** Begin with the transposed matrix. */
  readonly adjoint: boolean;
  /** Whether rows above the pivot are cleared too (Gauss-Jordan) or not (LU). */
  readonly kind: 'jordan' | 'lu';
}
