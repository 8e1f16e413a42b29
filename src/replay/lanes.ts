/** Rows that one lane takes: enough to keep products efficient, few enough to keep its buffers in the cache. */
const ROWS_PER_LANE = 128;
const MAX_LANES = 16;

/** A part of a batch that is worked on by itself. */
export interface Lane {
  /** Number of its first row. */
  readonly start: number;
  readonly rows: number;
}

/**
 * Cuts a batch into lanes whose sizes differ by one row at most. It depends on nothing but the number of rows, so that
 * sums over lanes are the same to the last bit however many threads there are.
 */
export function lanesOf(rows: number): Lane[] {
  const count = Math.min(MAX_LANES, Math.max(1, Math.round(rows / ROWS_PER_LANE)));
  const starts = Array.from({ length: count + 1 }, (_, i) => Math.floor((i * rows) / count));
  return starts.slice(0, -1).map((start, i) => ({ start, rows: starts[i + 1] - start }));
}
