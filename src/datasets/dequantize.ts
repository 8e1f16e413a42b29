import { FlowConfigError } from '../errors.js';
import { RandomStream, type Seed } from '../random.js';
import type { Table } from './table.js';

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
 * A copy of the table in which one column on a grid is spread evenly over the cells: `v + U(0, width)`.
 *
 * A continuous density may spike on values that repeat, and so reach any likelihood at all; with the noise, its mean
 * log-likelihood is a lower bound on that of the grid values plus `-log width` (Theis, van den Oord and Bethge, "A note
 * on the evaluation of generative models", 2016).
 *
 * @throws FlowConfigError for a column that is not there or a width that is not positive.
 */
export function dequantize(table: Table, { column, width, seed }: DequantizeOptions): Table {
  const where = 'dequantize';
  if (!Number.isInteger(column) || column < 0 || column >= table.columns) {
    throw new FlowConfigError(where, {
      expected: `column: a column of the table, 0 to ${table.columns - 1}`,
      got: String(column),
    });
  }
  if (!(width > 0 && Number.isFinite(width))) {
    throw new FlowConfigError(where, { expected: 'width: a positive number', got: String(width) });
  }
  const noise = RandomStream.from(seed).uniform(table.rows, 0, width);
  const values = table.values.slice();
  noise.forEach((shift, row) => (values[row * table.columns + column] += shift));
  return { ...table, values };
}
