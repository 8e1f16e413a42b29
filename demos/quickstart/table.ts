import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { dequantize, distinctRows, splitRows } from 'tfjs-flows';

/** Names of the columns of the protein table, short enough for a heading. */
export const COLUMNS = [
  'surface',
  'non-polar',
  'fraction',
  'residue part',
  'mass-weighted',
  'deviation',
  'distance',
  'penalty',
  'constraints',
  'log RMSD',
];

/** The column of whole numbers. */
const COUNT_COLUMN = 7;

/** Values that hundreds of rows share in a column of otherwise scattered numbers; the second is an RMSD of zero. */
const SPIKES = [
  { column: 8, value: 12.023 },
  { column: 9, value: -1.8912 },
];

/** Leading columns that many rows have in common, to every digit, as if they were predictions for one protein. */
const PROTEIN_COLUMNS = 6;

/** Reads a gzipped CSV file without header into rows of numbers. */
export function readTable(path: string): number[][] {
  return parse(gunzipSync(readFileSync(path)), { cast: Number }) as unknown as number[][];
}

/**
 * Rows that a continuous density can be fitted to and compared on: none twice, none at a value that hundreds share,
 * whole numbers spread over their cells.
 */
export function cleanRows(rows: number[][]): number[][] {
  const clean = distinctRows(rows).filter((row) => SPIKES.every(({ column, value }) => row[column] !== value));
  return dequantize(clean, { column: COUNT_COLUMN, width: 1, seed: 'noise' });
}

/** Rows to train on, to choose by and to hold out; rows that seem to be of one protein fall in the same part. */
export function splitByProtein(rows: number[][]) {
  const groups = rows.map((row) => row.slice(0, PROTEIN_COLUMNS).join());
  return splitRows(rows, { fractions: { train: 0.8, validation: 0.1, test: 0.1 }, seed: 'split', groups });
}
