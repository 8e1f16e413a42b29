import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { RandomStream, type Seed } from 'tfjs-flows';

/** Names of the columns of the protein table, short enough for a heading. */
export const COLUMNS = [
  'surface area',
  'non-polar area',
  'fraction exposed',
  'side-chain area',
  'residue mass',
  'mass deviation',
  'distance',
  'atoms',
  'penalty',
  'deviation',
];

/** The column that counts in whole numbers. */
export const COUNT_COLUMN = 7;

/** Reads a gzipped CSV file without header into rows of numbers. */
export function readTable(path: string): number[][] {
  return parse(gunzipSync(readFileSync(path)), { cast: Number }) as unknown as number[][];
}

/** Each distinct row once, in order of first appearance. */
export function distinctRows(rows: number[][]): number[][] {
  return [...new Map(rows.map((row) => [row.join(), row])).values()];
}

/** Adds noise uniform on `[-width / 2, width / 2)` to one column, so that whole numbers have a density. */
export function jitter(rows: number[][], column: number, width: number, seed: Seed): number[][] {
  const noise = RandomStream.from(seed).uniform(rows.length, -width / 2, width / 2);
  return rows.map((row, i) => row.with(column, row[column] + noise[i]));
}

/** Shuffles rows and cuts them into parts of the given fractions. */
export function splitRows(rows: number[][], fractions: number[], seed: Seed): number[][][] {
  const order = RandomStream.from(seed).permutation(rows.length);
  const edges = [0];
  for (const fraction of fractions) edges.push(edges.at(-1)! + fraction * rows.length);
  return fractions.map((_, part) =>
    Array.from(order.subarray(Math.round(edges[part]), Math.round(edges[part + 1])), (row) => rows[row]),
  );
}
