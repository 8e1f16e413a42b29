import { FlowConfigError } from '../errors.js';
import { RandomStream, type Seed } from '../random.js';

/** Options of {@link dequantize}. */
export interface DequantizeOptions {
  /** Number of the column, from 0. */
  readonly column: number;
  /** Distance between neighbouring values of the grid that the column lies on. */
  readonly width: number;
  /** Seed of the noise. */
  readonly seed: Seed;
}

/**
 * A copy of the rows in which one column on a grid is spread evenly over the cells: `v + U(0, width)`.
 *
 * A continuous density may spike on values that repeat, and so reach any likelihood at all; with the noise, its mean
 * log-likelihood is a lower bound on that of the grid values plus `-log width` (Theis, van den Oord and Bethge, "A note
 * on the evaluation of generative models", 2016).
 *
 * @throws FlowConfigError for a column that is not there or a width that is not positive.
 */
export function dequantize(
  rows: readonly (readonly number[])[],
  { column, width, seed }: DequantizeOptions,
): number[][] {
  const where = 'dequantize';
  const columns = rows[0]?.length ?? 0;
  if (!Number.isInteger(column) || column < 0 || column >= columns) {
    throw new FlowConfigError(where, {
      expected: columns > 0 ? `column: a column of the rows, 0 to ${columns - 1}` : 'at least one row',
      got: columns > 0 ? String(column) : 'none',
    });
  }
  if (!(width > 0 && Number.isFinite(width))) {
    throw new FlowConfigError(where, { expected: 'width: a positive number', got: String(width) });
  }
  const noise = RandomStream.from(seed).uniform(rows.length, 0, width);
  return rows.map((row, i) => row.with(column, row[column] + noise[i]));
}
