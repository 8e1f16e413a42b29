/**
 * The values of one column, a row each: numbers, with NaN where a value is missing, or text, with null where it is missing.
 */
export type Column = Float64Array | readonly (string | null)[];

/** A table in memory, by columns of equal length, in the order of its file. */
export interface Table {
  readonly rowCount: number;
  readonly columns: Readonly<Record<string, Column>>;
}

/** Whether the column holds numbers. */
export function isNumeric(column: Column): column is Float64Array {
  return column instanceof Float64Array;
}
