/** What is fixed about the normalisation of rows. */
export interface RowNormAttributes {
  /** Whether the mean of a row is taken off first. */
  readonly center: boolean;
  /** Added to the mean square of a row. */
  readonly epsilon: number;
}
