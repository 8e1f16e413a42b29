import {
  FlowConfigError,
  FlowDataError,
  FlowShapeError,
  RandomStream,
  ready,
  splitRows,
  type Flow,
  type Seed,
} from 'tfjs-flows';
import * as tf from '@tensorflow/tfjs-core';
import { TableCoder } from '../columns/table-coder.js';
import { IncompleteNormal } from '../missing/incomplete-normal.js';
import { isNumeric, type Column, type Table } from '../tables/table.js';
import { tableOf, takeRows, type TableInput } from '../tables/table-of.js';
import { readModel, writeModel } from './files.js';
import { completed, type EstimatorOptions, type FullOptions } from './options.js';
import { reportColumns, type DataReport } from './report.js';
import { fillRows, scoreRows, type CodedRows } from './scorer.js';
import { train, type FitRun } from './train.js';

/** Fewest rows to fit to. */
const FEWEST = 16;
/** Candidates for each filled-in value, of which one is taken by its weight. */
const PROPOSALS = 128;
/** Rows that the normal distribution behind gaps is fitted to at most. */
const NORMAL_ROWS = 20_000;

/** Options of {@link DensityEstimator.sample}. */
export interface TableSampleOptions {
  /** Default: 0. */
  readonly seed?: Seed;
  /** Values of the conditions, and of other columns to be kept: one row for all draws, or one each. */
  readonly given?: TableInput;
}

/** All of a fitted estimator but its flow. */
export interface EstimatorState {
  readonly options: FullOptions;
  readonly coder: TableCoder;
  readonly normal: IncompleteNormal;
  readonly flow: Flow;
  /** `ln p` of the held-out rows, ascending. */
  readonly heldOut: Float64Array;
  readonly report: DataReport;
}

/** What a fitted estimator says of itself. */
export interface ModelDescription extends DataReport {
  readonly conditionOn: readonly string[];
  readonly missing: FullOptions['missing'];
}

/**
 * The density of a table with columns of many kinds, by a normalizing flow.
 *
 * `ln p` is in the units of the table and normalised over all of it: a density along columns of numbers, a probability
 * along integers and categories. Columns are brought to the whole line by maps whose slopes are known (see
 * {@link ColumnCoder}); a flow is trained there.
 *
 * @example
 * const estimator = await new DensityEstimator({ timeBudget: 30 }).fit(rows);
 * const scores = await estimator.scoreSamples(rows);
 * await estimator.save('models/customers');
 */
export class DensityEstimator {
  readonly #options: FullOptions;
  #state: EstimatorState | null = null;

  /** @throws FlowConfigError for values that no option can have. */
  constructor(options: EstimatorOptions = {}) {
    this.#options = completed(options);
  }

  /**
   * Looks at the columns, holds some rows out, and trains.
   *
   * @throws FlowDataError for values that a column cannot have, missing ones where these are refused, and too few rows;
   * FlowConfigError for columns named in the options that the table does not have.
   */
  async fit(data: TableInput, run: FitRun = {}): Promise<this> {
    await ready();
    const where = 'DensityEstimator.fit';
    const options = this.#options;
    const table = tableOf(data);
    if (table.rowCount < FEWEST) throw new FlowDataError(where, { expected: `at least ${FEWEST} rows`, got: String(table.rowCount) }); // prettier-ignore
    const coder = TableCoder.fitted(table, options);
    const rows = this.#coded(coder, table, where);
    const indices = Array.from({ length: table.rowCount }, (_, row) => row);
    const fractions = { train: 1 - options.validation, heldOut: options.validation };
    const split = splitRows(indices, { fractions, seed: RandomStream.from(options.seed).split('split') });
    const normal = fitNormal(coder, rows, split.train, RandomStream.from(options.seed).split('normal'));
    const parts = { train: pick(rows, split.train, coder), heldOut: pick(rows, split.heldOut, coder) };
    const { flow, model, trials, heldOut } = await train({ coder, normal, ...parts }, options, run);
    this.dispose();
    const report = {
      rows: table.rowCount,
      heldOutRows: split.heldOut.length,
      columns: reportColumns(coder, table),
      model,
      heldOut: heldOut.reduce((sum, score) => sum + score, 0) / heldOut.length,
      parameters: flow.parameterCount,
      trials,
    };
    this.#state = { options, coder, normal, flow, heldOut: heldOut.sort(), report };
    return this;
  }

  /**
   * `ln p` of each row, nats. Rows with gaps have the density of what is there with `missing: 'marginalise'`, and that of
   * the row filled in with `impute`. Along columns with cells (integers, categories, rounded numbers) and gaps the density is
   * averaged over `samples` points.
   *
   * With `firstRow`, the place of the first of these rows in a larger table, a row has the score that it has there: fillings of
   * gaps are drawn by place.
   *
   * @throws FlowDataError, FlowShapeError for rows that the columns cannot have; FlowConfigError before a fit.
   */
  async scoreSamples(data: TableInput, { firstRow = 0 }: { readonly firstRow?: number } = {}): Promise<Float64Array> {
    const state = this.#fitted('scoreSamples');
    const given = tableOf(data);
    refuseStrangers(state.coder, given);
    const table = state.options.missing === 'impute' ? await this.#filled(state, given, RandomStream.from(0), firstRow) : given; // prettier-ignore
    const rows = this.#coded(state.coder, table, 'DensityEstimator.scoreSamples');
    return scoreRows(state, rows, state.options.samples, firstRow);
  }

  /** Mean `ln p` of the rows, nats a row. */
  async score(data: TableInput): Promise<number> {
    const scores = await this.scoreSamples(data);
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  }

  /**
   * How odd each row is: the share of the held-out rows that are likelier, from 0 to 1. Of rows like those trained on, one in
   * twenty lies above 0.95.
   */
  async anomalyScores(data: TableInput): Promise<Float64Array> {
    return this.oddness(await this.scoreSamples(data));
  }

  /** The {@link DensityEstimator.anomalyScores} of rows with these scores. */
  oddness(scores: Float64Array): Float64Array {
    const { heldOut } = this.#fitted('oddness');
    return scores.map((score) => {
      const below = countBelow(heldOut, score);
      const equal = countBelow(heldOut, score, true) - below;
      return 1 - (below + equal / 2) / heldOut.length;
    });
  }

  /**
   * Draws rows.
   *
   * With `given`, columns there are kept: conditions, which the model needs, and others, of which the rest is drawn by importance
   * from 128 candidates a row.
   *
   * @throws FlowConfigError for a count that is no whole number, or conditions that are not given.
   */
  async sample(count: number, { seed = 0, given }: TableSampleOptions = {}): Promise<Table> {
    const state = this.#fitted('sample');
    const { coder, flow } = state;
    if (!Number.isInteger(count) || count < 1) {
      throw new FlowConfigError('DensityEstimator.sample', { expected: 'a whole number of rows', got: String(count) });
    }
    if (!given && coder.conditions.length > 0) {
      const names = coder.conditions.map(({ name }) => `"${name}"`).join(', ');
      throw new FlowConfigError('DensityEstimator.sample', {
        expected: `values of ${names} in \`given\``,
        got: 'none',
      });
    }
    const known = given ? repeated(tableOf(given), count) : { rowCount: count, columns: {} };
    const kept = coder.modelled.filter(({ name }) => name in known.columns);
    if (kept.length > 0) return this.#filled(state, known, RandomStream.from(seed));
    const contexts = coder.contexts(known);
    const draws = tf.tidy(() => {
      const context = contexts && tf.tensor2d(contexts, [count, coder.contextWidth]);
      return flow.sample(count, { seed, context });
    });
    const lines = (await draws.data()) as Float32Array;
    draws.dispose();
    return coder.table(lines, conditionsOf(coder, known));
  }

  /** The rows with their gaps filled by draws from the model given what is there; columns that are not there are filled too. */
  async impute(data: TableInput, { seed = 0 }: { readonly seed?: Seed } = {}): Promise<Table> {
    const state = this.#fitted('impute');
    return this.#filled(state, tableOf(data), RandomStream.from(seed));
  }

  /** What was done to each column, the models tried, and the score on held-out rows. */
  get report(): DataReport {
    return this.#fitted('report').report;
  }

  /** All that there is to tell of the model, for JSON. */
  describe(): ModelDescription {
    const { report, options } = this.#fitted('describe');
    return { ...report, conditionOn: options.conditionOn, missing: options.missing };
  }

  /**
   * Writes the model to a folder. A crash leaves the model that was there or the new one, whole.
   *
   * @throws FlowFileError when the folder cannot be written.
   */
  async save(folder: string): Promise<void> {
    await writeModel(folder, this.#fitted('save'));
  }

  /**
   * Reads a model that {@link DensityEstimator.save} wrote; its scores are the same, bit for bit, on the same backend.
   *
   * @throws FlowFileError when there is none, or it is damaged; says what is wrong.
   */
  static async load(folder: string): Promise<DensityEstimator> {
    await ready();
    const state = await readModel(folder);
    const estimator = new DensityEstimator(state.options);
    estimator.#state = state;
    return estimator;
  }

  /** Frees the weights. */
  dispose(): void {
    this.#state?.flow.dispose();
    this.#state = null;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #filled(state: EstimatorState, table: Table, stream: RandomStream, firstRow = 0): Promise<Table> {
    const { coder } = state;
    const numbers = coder.numbers(table, true);
    const rows = { numbers, contexts: coder.contexts(table), count: table.rowCount };
    const lines = await fillRows(state, rows, PROPOSALS, stream, firstRow);
    const filled = coder.table(lines, { ...table.columns });
    // Values that were there stay as they were, to the last digit.
    coder.modelled.forEach(({ name }) => {
      const before = table.columns[name];
      if (before) (filled.columns as Record<string, Column>)[name] = merged(before, filled.columns[name]);
    });
    return filled;
  }

  #coded(coder: TableCoder, table: Table, where: string): CodedRows {
    const numbers = coder.numbers(table);
    if (this.#options.missing === 'refuse') refuseGaps(coder, numbers, where);
    return { numbers, contexts: coder.contexts(table), count: table.rowCount };
  }

  #fitted(method: string): EstimatorState {
    if (this.#state) return this.#state;
    throw new FlowConfigError(`DensityEstimator.${method}`, { expected: 'a fitted estimator', got: 'one that is not', hint: 'Call `fit` or `load` first.' }); // prettier-ignore
  }
}

function fitNormal(
  coder: TableCoder,
  rows: CodedRows,
  indices: readonly number[],
  stream: RandomStream,
): IncompleteNormal {
  const points = indices.slice(0, NORMAL_ROWS).map((row) =>
    Float64Array.from(coder.modelled, (column, d) => {
      const value = rows.numbers[d][row];
      return Number.isNaN(value) ? NaN : column.line(value, column.step > 0 ? stream.next() : 0.5);
    }),
  ); // prettier-ignore
  return IncompleteNormal.fitted(points, coder.modelled.length);
}

function pick({ numbers, contexts }: CodedRows, indices: readonly number[], { contextWidth }: TableCoder): CodedRows {
  const taken = contexts && new Float32Array(indices.length * contextWidth);
  if (taken) indices.forEach((row, i) => taken.set(contexts.subarray(row * contextWidth, (row + 1) * contextWidth), i * contextWidth)); // prettier-ignore
  return {
    numbers: numbers.map((column) => Float64Array.from(indices, (row) => column[row])),
    contexts: taken,
    count: indices.length,
  };
}

/** Gaps are filled, but a table without any of the columns is another one. */
function refuseStrangers({ modelled }: TableCoder, { columns }: Table): void {
  if (modelled.some(({ name }) => name in columns)) return;
  throw new FlowShapeError('DensityEstimator.scoreSamples', {
    expected: `columns ${modelled.map(({ name }) => `"${name}"`).join(', ')}`,
    got:
      Object.keys(columns)
        .map((name) => `"${name}"`)
        .join(', ') || 'none',
  });
}

function refuseGaps(coder: TableCoder, numbers: readonly Float64Array[], where: string): void {
  numbers.forEach((column, d) => {
    const row = column.findIndex((value) => Number.isNaN(value));
    if (row < 0) return;
    throw new FlowDataError(where, {
      expected: `a value of "${coder.modelled[d].name}" in each row`,
      got: `none in row ${row}`,
      hint: "Say what to do with missing values: `missing: 'impute'` or `'marginalise'`.",
      rows: [row],
    });
  });
}

/** One row `count` times, or the rows there are. */
function repeated(table: Table, count: number): Table {
  if (table.rowCount === count) return table;
  if (table.rowCount === 1) return takeRows(table, new Uint32Array(count));
  throw new FlowConfigError('DensityEstimator.sample', {
    expected: `one given row, or ${count}`,
    got: String(table.rowCount),
  });
}

function conditionsOf({ conditions }: TableCoder, { columns }: Table): Record<string, Column> {
  return Object.fromEntries(conditions.map(({ name }) => [name, columns[name]]));
}

/** Values of the first where they are there, else of the second. */
function merged(before: Column, filled: Column): Column {
  return isNumeric(before) && isNumeric(filled)
    ? before.map((value, row) => (Number.isNaN(value) ? filled[row] : value))
    : Array.from<string | number | null>(before).map((value, row) => (value === null || Number.isNaN(value) ? String(filled[row]) : String(value))); // prettier-ignore
}

/** Values of an ascending list that are below `limit`, or not above it. */
function countBelow(ascending: Float64Array, limit: number, orEqual = false): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < limit || (orEqual && ascending[middle] === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}
