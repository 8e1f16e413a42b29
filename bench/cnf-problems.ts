import { fileURLToPath } from 'node:url';
import { RandomStream, toys, type ToyName } from 'tfjs-flows';
import { cleanRows, readTable, splitByProtein } from '../demos/quickstart/table.js';

/** Rows to train on and rows to score. */
export interface Problem {
  readonly name: string;
  readonly dims: number;
  readonly train: Float32Array;
  readonly test: Float32Array;
  /** Mean log-density of the rows to score under the exact density, nats; null where nobody knows it. */
  readonly exact: number | null;
  /** Half the side of a square that holds all of the density, in two dimensions. */
  readonly reach: number | null;
  readonly epochs: number;
}

/** Rows of one epoch, and rows to score. */
const TRAIN = 25_600;
const TEST = 10_000;

const PROTEIN = fileURLToPath(new URL('../../demos/quickstart/data/protein.csv.gz', import.meta.url));
/** Columns of the protein table: non-polar, fraction, residue part, deviation, constraints, log RMSD. */
const COLUMNS = [1, 2, 3, 5, 8, 9];

/** A toy, of whose density everything is known. */
export function toyProblem(name: ToyName, epochs: number, train = TRAIN): Problem {
  const toy = toys[name];
  const test = toy(TEST, { seed: 'test' });
  return {
    name: toy.title,
    dims: 2,
    train: toy(train, { seed: 'train' }),
    test,
    exact: toy.logDensity(test).reduce((sum, value) => sum + value, 0) / TEST,
    reach: 6,
    epochs,
  };
}

/** Six columns of the protein table, centred and scaled by mean and deviation of the rows to train on. */
export function proteinProblem(epochs: number, train = TRAIN): Problem {
  const parts = splitByProtein(cleanRows(readTable(PROTEIN)));
  const order = new RandomStream('protein').permutation(parts.train.length);
  const rows = Array.from(order.slice(0, train), (i) => COLUMNS.map((column) => parts.train[i][column]));
  const means = COLUMNS.map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
  const scales = COLUMNS.map((_, i) => Math.sqrt(rows.reduce((sum, row) => sum + (row[i] - means[i]) ** 2, 0) / rows.length)); // prettier-ignore
  const scaled = (table: number[][]) => Float32Array.from(table.flatMap((row) => row.map((value, i) => (value - means[i]) / scales[i]))); // prettier-ignore
  return {
    name: 'proteins, 6 columns',
    dims: COLUMNS.length,
    train: scaled(rows),
    test: scaled(parts.test.map((row) => COLUMNS.map((column) => row[column]))),
    exact: null,
    reach: null,
    epochs,
  };
}
