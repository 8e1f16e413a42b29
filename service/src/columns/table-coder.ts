import { FlowConfigError, FlowDataError, FlowShapeError } from 'tfjs-flows';
import { isNumeric, type Column, type Table } from '../tables/table.js';
import { ColumnCoder, type CoderState } from './coder.js';
import { inferSpec } from './infer.js';
import type { ColumnOverride, ColumnSpec } from './spec.js';

/** Which columns are modelled, which are conditions, and what is known of them. */
export interface TableCoderOptions {
  readonly columns?: Readonly<Record<string, ColumnOverride>>;
  readonly conditionOn?: readonly string[];
}

/** A column that had one value in all rows trained on: it has no density, and other values are refused. */
export interface ConstantColumn {
  readonly name: string;
  readonly value: number | string;
}

/** What of the columns is kept with a model. */
export interface TableCoderState {
  readonly modelled: readonly CoderState[];
  readonly conditions: readonly CoderState[];
  readonly constants: readonly ConstantColumn[];
  readonly ignored: readonly string[];
}

/** Reads the columns of a table as numbers on lines, and contexts as vectors. */
export class TableCoder {
  readonly state: TableCoderState;
  readonly modelled: readonly ColumnCoder[];
  readonly conditions: readonly ColumnCoder[];
  /** Which of the columns that have cells each is, from 0; -1 for those of exact numbers. */
  readonly cells: readonly number[];
  /** Numbers of one context: one for a number, one a level for a category. */
  readonly contextWidth: number;

  constructor(state: TableCoderState) {
    this.state = state;
    this.modelled = state.modelled.map((column) => new ColumnCoder(column));
    this.conditions = state.conditions.map((column) => new ColumnCoder(column));
    let cell = 0;
    this.cells = this.modelled.map(({ step }) => (step > 0 ? cell++ : -1));
    this.contextWidth = this.conditions.reduce((sum, { spec }) => sum + widthOf(spec), 0);
  }

  /**
   * Looks at a table, to tell what its columns hold and on which scale.
   *
   * @throws FlowConfigError for columns that are named but not there, or impossible specifications; FlowDataError for columns
   * without values, or with those they cannot have, or when none is left to model.
   */
  static fitted(table: Table, { columns: overrides = {}, conditionOn = [] }: TableCoderOptions): TableCoder {
    for (const name of [...Object.keys(overrides), ...conditionOn]) {
      if (!(name in table.columns)) throw unknownColumn(name, table);
    }
    const modelled: CoderState[] = [];
    const conditions: CoderState[] = [];
    const constants: ConstantColumn[] = [];
    const ignored: string[] = [];
    for (const [name, column] of Object.entries(table.columns)) {
      const override = overrides[name];
      if (override === 'ignore') {
        ignored.push(name);
        continue;
      }
      const constant = constantOf(column);
      if (constant !== null && typeof override !== 'object') {
        constants.push({ name, value: constant });
        continue;
      }
      const spec = typeof override === 'object' ? checked(name, override) : inferSpec(name, column, override);
      const { state } = ColumnCoder.fitted(name, spec, column);
      (conditionOn.includes(name) ? conditions : modelled).push(state);
    }
    if (modelled.length === 0) {
      throw new FlowDataError('DensityEstimator.fit', {
        expected: 'a column to model, of more than one value',
        got: constants.length > 0 ? `constant columns: ${constants.map(({ name }) => name).join(', ')}` : 'none',
      });
    }
    return new TableCoder({ modelled, conditions, constants, ignored });
  }

  /**
   * The modelled columns as numbers, NaN where a value is missing.
   *
   * @param partial columns that are not there are missing in all rows
   * @throws FlowDataError for values that a column cannot have, FlowShapeError for columns that are not there.
   */
  numbers(table: Table, partial = false): Float64Array[] {
    for (const { name, value } of this.state.constants) checkConstant(name, value, table.columns[name]);
    return this.modelled.map((coder) => {
      const column = table.columns[coder.name];
      if (column) return coder.numbers(column);
      if (partial) return new Float64Array(table.rowCount).fill(NaN);
      throw missingColumn(coder.name, table);
    });
  }

  /**
   * Contexts of the rows, one after the other; null for a model without conditions.
   *
   * @throws FlowDataError for missing values, FlowShapeError for columns that are not there.
   */
  contexts(table: Table): Float32Array | null {
    if (this.conditions.length === 0) return null;
    const width = this.contextWidth;
    const contexts = new Float32Array(table.rowCount * width);
    let place = 0;
    for (const coder of this.conditions) {
      const column = table.columns[coder.name];
      if (!column) throw missingColumn(coder.name, table);
      const numbers = coder.numbers(column);
      const gap = numbers.findIndex((value) => Number.isNaN(value));
      if (gap >= 0) {
        throw new FlowDataError(`column "${coder.name}"`, {
          expected: 'a value in each row, as of every condition',
          got: `none in row ${gap}`,
          rows: [gap],
        });
      }
      numbers.forEach((value, row) => {
        if (coder.spec.kind === 'category') contexts[row * width + place + value] = 1;
        else contexts[row * width + place] = coder.line(value, 0.5);
      });
      place += widthOf(coder.spec);
    }
    return contexts;
  }

  /** A table of these places on the lines, row by row, constants among them; in the order of `names` where given. */
  table(lines: ArrayLike<number>, others: Readonly<Record<string, Column>> = {}): Table {
    const dims = this.modelled.length;
    const rowCount = lines.length / dims;
    const columns: Record<string, Column> = { ...others };
    this.modelled.forEach((coder, d) => {
      columns[coder.name] = coder.column(Float64Array.from({ length: rowCount }, (_, row) => lines[row * dims + d]));
    });
    for (const { name, value } of this.state.constants) {
      columns[name] =
        typeof value === 'number' ? new Float64Array(rowCount).fill(value) : new Array<string>(rowCount).fill(value);
    }
    return { rowCount, columns };
  }
}

function widthOf(spec: ColumnSpec): number {
  return spec.kind === 'category' ? spec.levels.length : 1;
}

/** The only value of a column, missing ones left out; null when there are several or none. */
function constantOf(column: Column): number | string | null {
  const values = isNumeric(column)
    ? new Set(Array.from(column).filter((value) => !Number.isNaN(value)))
    : new Set(column.filter((value) => value !== null));
  return values.size === 1 ? [...values][0] : null;
}

function checkConstant(name: string, value: number | string, column: Column | undefined): void {
  const row = column ? Array.from<unknown>(column).findIndex((found) => found !== null && !Object.is(found, NaN) && found !== value) : -1; // prettier-ignore
  if (row < 0) return;
  throw new FlowDataError(`column "${name}"`, {
    expected: `${value}, the only value in the rows trained on`,
    got: `${String(column![row])} in row ${row}`,
    rows: [row],
  });
}

function checked(name: string, spec: ColumnSpec): ColumnSpec {
  const refuse = (expected: string, got: string) => new FlowConfigError(`columns.${name}`, { expected, got });
  if (spec.kind === 'category') {
    if (new Set(spec.levels).size < 2) throw refuse('two different levels', String(spec.levels.length));
    return spec;
  }
  if (spec.kind === 'bounded' || spec.kind === 'integer') {
    const { low, high } = spec;
    if (high !== undefined && low === undefined) throw refuse('`low` beside `high`', 'none');
    if (low !== undefined && high !== undefined && !(low < high)) throw refuse('low < high', `${low} and ${high}`);
  }
  if ('step' in spec && spec.step !== undefined && !(spec.step > 0 && Number.isFinite(spec.step))) throw refuse('a positive step', String(spec.step)); // prettier-ignore
  return spec;
}

function unknownColumn(name: string, table: Table): FlowConfigError {
  return new FlowConfigError('DensityEstimator', {
    expected: `one of the columns ${namesOf(table)}`,
    got: `"${name}"`,
  });
}

function missingColumn(name: string, table: Table): FlowShapeError {
  return new FlowShapeError('DensityEstimator', { expected: `a column "${name}"`, got: namesOf(table) });
}

function namesOf({ columns }: Table): string {
  return Object.keys(columns).map((name) => `"${name}"`).join(', '); // prettier-ignore
}
