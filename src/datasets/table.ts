import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { FlowDataError, FlowShapeError } from '../errors.js';

/** Rows of numbers in one array: entry `(i, j)` is `values[i * columns + j]`. */
export interface Table {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * A table from rows of numbers.
 *
 * @throws FlowShapeError when rows differ in length, FlowDataError when there are none or an entry is not finite.
 */
export function tableFrom(rows: readonly (readonly number[])[]): Table {
  const where = 'tableFrom';
  if (rows.length === 0) throw new FlowDataError(where, { expected: 'at least one row', got: 'none' });
  const columns = rows[0].length;
  const values = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => {
    if (row.length !== columns) {
      throw new FlowShapeError(where, {
        expected: `${columns} numbers in every row, as in the first`,
        got: `${row.length} in row ${i}`,
      });
    }
    values.set(row, i * columns);
  });
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const row = Math.floor(bad / columns);
    throw new FlowDataError(where, {
      expected: 'finite numbers',
      got: `${rows[row][bad % columns]} in row ${row}, column ${bad % columns}`,
      hint: 'Drop the row or fill the gap first.',
      rows: [row],
    });
  }
  return { values, rows: rows.length, columns };
}

/** One row, as a view of the table. */
export function rowOf({ values, columns }: Table, row: number): Float32Array {
  return values.subarray(row * columns, (row + 1) * columns);
}

/** A new table of the rows named, in that order. */
export function selectRows(table: Table, rows: ArrayLike<number>): Table {
  const values = new Float32Array(rows.length * table.columns);
  for (let i = 0; i < rows.length; i++) values.set(rowOf(table, rows[i]), i * table.columns);
  return { values, rows: rows.length, columns: table.columns };
}

/** A new table of the rows for which `keep` holds, in their old order. */
export function filterRows(table: Table, keep: (row: Float32Array, index: number) => boolean): Table {
  const kept: number[] = [];
  for (let i = 0; i < table.rows; i++) if (keep(rowOf(table, i), i)) kept.push(i);
  return selectRows(table, kept);
}

/** A new table in which every distinct row stands once, where it first stood. */
export function distinctRows(table: Table): Table {
  const seen = new Set<string>();
  return filterRows(table, (row) => {
    const key = row.join();
    return !seen.has(key) && Boolean(seen.add(key));
  });
}

/** The table as a tensor `[rows, columns]`, which the caller disposes of. */
export function tensorOf({ values, rows, columns }: Table): Tensor2D {
  return tf.tensor2d(values, [rows, columns], 'float32');
}
