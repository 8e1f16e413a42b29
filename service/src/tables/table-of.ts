import type { Table as ArrowTable } from 'apache-arrow';
import { FlowDataError, FlowShapeError } from 'tfjs-flows';
import type { Column, Table } from './table.js';

/** One value of a table as callers write it. */
export type Cell = number | bigint | boolean | string | null | undefined;

/** Whatever is a table: columns, rows as records or as lists of numbers (columns are then named x0, x1, ...), an Arrow table. */
export type TableInput =
  | Table
  | ArrowTable
  | Readonly<Record<string, ArrayLike<Cell>>>
  | readonly Readonly<Record<string, Cell>>[]
  | readonly ArrayLike<number>[];

/**
 * Reads a table into columns of numbers or of text. A column of numbers, whole numbers and booleans (0 and 1) becomes
 * numbers, with NaN where a value is missing (null, undefined, NaN); any text makes a column text.
 *
 * @throws FlowDataError when there is no column, or a value is neither; FlowShapeError when columns differ in length.
 */
export function tableOf(input: TableInput): Table {
  if (isTable(input)) return input;
  const columns = Array.isArray(input)
    ? columnsOfRows(input as readonly object[])
    : isArrow(input)
      ? columnsOfArrow(input)
      : (input as Readonly<Record<string, ArrayLike<Cell>>>);
  const names = Object.keys(columns);
  if (names.length === 0) throw new FlowDataError('tableOf', { expected: 'at least one column', got: 'none' });
  const rowCount = columns[names[0]].length;
  const read = names.map((name): [string, Column] => {
    if (columns[name].length !== rowCount) {
      throw new FlowShapeError('tableOf', {
        expected: `${rowCount} values in column "${name}", as in "${names[0]}"`,
        got: String(columns[name].length),
      });
    }
    return [name, columnOf(name, columns[name])];
  });
  return { rowCount, columns: Object.fromEntries(read) };
}

/** The rows of a table that have these indices, in that order. */
export function takeRows({ columns }: Table, rows: ArrayLike<number>): Table {
  const taken = Object.entries(columns).map(([name, column]): [string, Column] => [
    name,
    column instanceof Float64Array
      ? Float64Array.from(rows, (row) => column[row])
      : Array.from(rows, (row) => column[row]),
  ]);
  return { rowCount: rows.length, columns: Object.fromEntries(taken) };
}

function isTable(input: TableInput): input is Table {
  const { rowCount, columns } = input as Partial<Table>;
  return typeof rowCount === 'number' && typeof columns === 'object' && !isArrow(input);
}

function isArrow(input: object): input is ArrowTable {
  return 'schema' in input && 'getChild' in input;
}

function columnsOfArrow(table: ArrowTable): Record<string, ArrayLike<Cell>> {
  const names = table.schema.fields.map(({ name }) => name);
  return Object.fromEntries(names.map((name) => [name, Array.from(table.getChild(name)!) as Cell[]]));
}

function columnsOfRows(rows: readonly object[]): Record<string, ArrayLike<Cell>> {
  if (rows.length === 0) return {};
  if (isList(rows[0])) {
    const width = rows[0].length;
    rows.forEach((row, index) => {
      const got = isList(row) ? `${row.length} values in row ${index}` : `a record in row ${index}`;
      if (!isList(row) || row.length !== width) throw new FlowShapeError('tableOf', { expected: `rows of ${width} numbers`, got }); // prettier-ignore
    });
    const names = Array.from({ length: width }, (_, column) => `x${column}`);
    return Object.fromEntries(
      names.map((name, column) => [name, rows.map((row) => (row as unknown as ArrayLike<number>)[column])]),
    );
  }
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  return Object.fromEntries(
    [...names].map((name) => [name, rows.map((row) => (row as Readonly<Record<string, Cell>>)[name])]),
  );
}

function isList(row: object): row is ArrayLike<number> {
  return Array.isArray(row) || ArrayBuffer.isView(row);
}

function columnOf(name: string, values: ArrayLike<Cell>): Column {
  if (values instanceof Float64Array) return values;
  const list = Array.from(values);
  const odd = list.findIndex((value) => value !== null && typeof value === 'object');
  if (odd >= 0) {
    throw new FlowDataError('tableOf', {
      expected: `numbers or text in column "${name}"`,
      got: 'an object',
      rows: [odd],
    });
  }
  if (!list.some((value) => typeof value === 'string')) {
    return Float64Array.from(list, (value) => (value === null || value === undefined ? NaN : Number(value)));
  }
  return list.map((value) => (value === null || value === undefined ? null : String(value)));
}
