/** Where a computation stopped being finite. */
export interface Diagnosis {
  /** What was found, as it reads after `got`. */
  readonly got: string;
  /** Path of the layer or parameter, or null when neither is at fault. */
  readonly path: string | null;
  /** First bad row of the batch. */
  readonly row: number | null;
  /** What was not finite, or null where it has no single value. */
  readonly value: number | null;
}
