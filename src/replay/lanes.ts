import { sizeOf, type Shape } from '../shapes.js';

/** Rows that one lane takes: enough to keep products efficient, few enough to keep its buffers in the cache. */
const ROWS_PER_LANE = 128;
/** Pixels or tokens that one lane takes at least, where a row has several: layers then work on each of them. */
const POSITIONS_PER_LANE = 512;
/** From so many parameters on, lanes are twice as long: each reads them all, and leaves a gradient behind to be summed. */
const MANY_PARAMETERS = 2 ** 18;
/** Numbers in the gradients of all lanes together, at most: 256 MiB. */
const MAX_GRADIENTS = 2 ** 26;
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
 * @param positions places of a row that layers work on one by one, see {@link positionsOf}
 */
export function lanesOf(rows: number, parameters = 0, positions = 1): Lane[] {
  const usual = Math.max(1, Math.min(ROWS_PER_LANE, POSITIONS_PER_LANE / positions));
  const length = parameters < MANY_PARAMETERS ? usual : 2 * usual;
  const most = Math.min(MAX_LANES, Math.floor(MAX_GRADIENTS / Math.max(1, parameters)));
  const count = Math.max(1, Math.min(most, Math.round(rows / length)));
  const starts = Array.from({ length: count + 1 }, (_, i) => Math.floor((i * rows) / count));
  return starts.slice(0, -1).map((start, i) => ({ start, rows: starts[i + 1] - start }));
}

/** Pixels of an image `[height, width, channels]`, tokens of a sequence `[n, channels]`; 1 for a vector. */
export function positionsOf(eventShape: Shape): number {
  return Math.max(1, sizeOf(eventShape.slice(0, -1)));
}
