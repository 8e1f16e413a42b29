import { toys, type Interval, type ToyName } from 'tfjs-flows';
import { realTable, sampleOf } from './ferumal-tables.js';

/** Rows to train on and rows to score. */
export interface CatalogueProblem {
  readonly name: string;
  readonly dims: number;
  readonly train: readonly Float32Array[];
  readonly test: readonly Float32Array[];
  /** Exact mean log-density of the rows to score, in nats, where it is known. */
  readonly exact: number | null;
  /** An interval that every number lies in, or null. */
  readonly box: Interval | null;
}

const TRAIN = 50_000;
/** A little wider than the board. */
const BOARD: Interval = [-4.5, 4.5];

/** Two toys, one smooth and one with edges, and a real table; `heldOut` rows of each to score. */
export function catalogueProblems(heldOut: number): CatalogueProblem[] {
  return [
    toyProblem('twoMoons', heldOut),
    toyProblem('checkerboard', heldOut, BOARD),
    tableProblem('protein', heldOut),
  ];
}

function toyProblem(name: ToyName, heldOut: number, box: Interval | null = null): CatalogueProblem {
  const toy = toys[name];
  const test = toy(heldOut, { seed: 'test' });
  const exact = toy.logDensity(test).reduce((sum, value) => sum + value, 0) / heldOut;
  return { name, dims: 2, train: rowsOf(toy(TRAIN, { seed: 'train' })), test: rowsOf(test), exact, box };
}

/** All rows that there are to train on. */
function tableProblem(name: string, heldOut: number): CatalogueProblem {
  const table = realTable(name);
  const { dims, fit, test } = sampleOf(table, table.pool.length, 0);
  return { name, dims, train: fit, test: test.slice(0, heldOut), exact: null, box: null };
}

function rowsOf(points: Float32Array): Float32Array[] {
  return Array.from({ length: points.length / 2 }, (_, i) => points.subarray(2 * i, 2 * i + 2));
}
