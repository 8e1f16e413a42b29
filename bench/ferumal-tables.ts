import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { dequantize, distinctRows, RandomStream, splitRows } from 'tfjs-flows';
import { cleanRows, readTable, splitByProtein } from '../demos/quickstart/table.js';

/** A table of real numbers in two parts. */
export interface RealTable {
  readonly name: string;
  /** Rows that training and validation are taken from. */
  readonly pool: readonly (readonly number[])[];
  readonly test: readonly (readonly number[])[];
}

/** Rows to fit (training and validation) and rows to score, standardised by the former. */
export interface Sample {
  readonly table: string;
  readonly dims: number;
  readonly fit: readonly Float32Array[];
  readonly test: readonly Float32Array[];
}

/** Columns of which one is left out when they correlate more. */
const REDUNDANT = 0.98;

/** Name of a table of which rows of one kind stay in one part. */
const GROUPED = 'protein';

const TABLES: Readonly<Record<string, () => number[][]>> = {
  protein: () => cleanRows(readTable(pathOf('../../demos/quickstart/data/protein.csv.gz'))),
  /** The 16 measures of voices. */
  parkinsons: () => readTable(pathOf('../../bench/data/parkinsons.csv.gz')).map((row) => row.slice(4, 20)),
  /** All but the judged quality, which takes six values. */
  wine: () => readTable(pathOf('../../bench/data/wine.csv.gz')).map((row) => row.toSpliced(10, 1)),
  miniboone,
};

/** Names of the tables. */
export const TABLE_NAMES = Object.keys(TABLES);

/**
 * A table of the bench: rows once each, values spread over the cell that they were rounded to, redundant columns left out, half
 * of the rows or a tenth of a large table to score.
 */
export function realTable(name: string): RealTable {
  const rows = TABLES[name]();
  const columns = rows[0].map((_, column) => column);
  const spread = columns.reduce(
    (table, column) => dequantize(table, { column, width: cellOf(table, column), seed: `noise ${column}` }),
    distinctRows(rows),
  );
  const kept = independentColumns(spread);
  const parts = name === GROUPED ? byProtein(rows, spread) : halves(spread);
  const chosen = (part: number[][]) => part.map((row) => kept.map((column) => row[column]));
  return { name, pool: chosen(parts.pool), test: chosen(parts.test) };
}

/** `count` rows of the pool, or all of them; `seed` says which. */
export function sampleOf({ name, pool, test }: RealTable, count: number, seed: number): Sample {
  const order = new RandomStream(`${name} ${seed}`).permutation(pool.length);
  const chosen = Array.from(order.subarray(0, count), (row) => pool[row]);
  const mean = chosen[0].map((_, j) => chosen.reduce((sum, row) => sum + row[j], 0) / chosen.length);
  const std = mean.map((m, j) => Math.sqrt(chosen.reduce((sum, row) => sum + (row[j] - m) ** 2, 0) / chosen.length));
  const scaled = (row: readonly number[]) => Float32Array.from(row, (value, j) => (value - mean[j]) / std[j]);
  return { table: name, dims: mean.length, fit: chosen.map(scaled), test: test.map(scaled) };
}

/** Rows that seem to be of one protein, which agree in their first columns, stay in one part. */
function byProtein(rows: number[][], spread: number[][]) {
  const { train, validation, test } = splitByProtein(rows.map((row, i) => [...row, i]));
  const taken = (part: number[][]) => part.map((row) => spread[row.at(-1)!]);
  return { pool: taken([...train, ...validation]), test: taken(test) };
}

function halves(rows: number[][]) {
  return splitRows(rows, { fractions: { pool: 0.5, test: 0.5 }, seed: 'halves' });
}

/** The distance that sorted distinct values most often have: that of the digits they were rounded to. */
function cellOf(rows: readonly (readonly number[])[], column: number): number {
  const values = Float64Array.from(rows, (row) => row[column]).sort();
  const range = values.at(-1)! - values[0];
  const counts = new Map<number, number>();
  for (let i = 1; i < values.length; i++) {
    const gap = Math.round(((values[i] - values[i - 1]) / range) * 1e8) * 1e-8 * range;
    if (gap > 0) counts.set(gap, (counts.get(gap) ?? 0) + 1);
  }
  return [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most))[0];
}

/** Columns left when, over and over, the first that nearly repeats another is taken out. */
function independentColumns(rows: readonly (readonly number[])[]): number[] {
  let kept = rows[0].map((_, column) => column);
  const standard = kept.map((column) => standardised(rows.map((row) => row[column])));
  for (;;) {
    const redundant = kept.find((a) =>
      kept.some((b) => a !== b && Math.abs(product(standard[a], standard[b])) > REDUNDANT * rows.length),
    );
    if (redundant === undefined) return kept;
    kept = kept.filter((column) => column !== redundant);
  }
}

function standardised(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return values.map((value) => (value - mean) / std);
}

function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/** 1,000 rows of 43 float32 numbers behind the header of a `.npy` file. */
function miniboone(): number[][] {
  const bytes = gunzipSync(readFileSync(pathOf('../../bench/data/miniboone-rows0-999.f32.npy.gz')));
  const start = 10 + bytes.readUInt16LE(8);
  return Array.from({ length: 1000 }, (_, row) =>
    Array.from({ length: 43 }, (__, column) => bytes.readFloatLE(start + 4 * (43 * row + column))),
  );
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
