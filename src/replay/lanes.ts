/** Rows that one lane takes: enough to keep products efficient, few enough to keep its buffers in the cache. */
const ROWS_PER_LANE = 128;
/** From so many parameters on, lanes are twice as long: each reads them all, and leaves a gradient behind to be summed. */
const MANY_PARAMETERS = 2 ** 18;
const MAX_LANES = 16;

/** A part of a batch that is worked on by itself. */
export interface Lane {
  /** Number of its first row. */
  readonly start: number;
  readonly rows: number;
}

/**
 * Cuts a batch into lanes whose sizes differ by one row at most. It depends on nothing but the sizes of batch and
 * model, so that sums over lanes are the same to the last bit however many threads there are.
 *
 * @param parameters numbers that each lane reads
 */
export function lanesOf(rows: number, parameters = 0): Lane[] {
  const length = parameters < MANY_PARAMETERS ? ROWS_PER_LANE : 2 * ROWS_PER_LANE;
  const count = Math.min(MAX_LANES, Math.max(1, Math.round(rows / length)));
  const starts = Array.from({ length: count + 1 }, (_, i) => Math.floor((i * rows) / count));
  return starts.slice(0, -1).map((start, i) => ({ start, rows: starts[i + 1] - start }));
}
