import { FlowDataError } from 'tfjs-flows';
import { isNumeric, type Column } from '../tables/table.js';
import { affine, compose, logarithm, logit, softplusInverse, type ScalarMap } from './scalar-map.js';
import type { ColumnSpec } from './spec.js';

/** What of a column is kept with a model. */
export interface CoderState {
  readonly name: string;
  readonly spec: ColumnSpec;
  /** Mean and deviation on the line, of the rows trained on. */
  readonly location: number;
  readonly scale: number;
}

/** Least distance from the bounds of a column, as a part of its range: its very ends would lie infinitely far on the line. */
const MARGIN = 1e-6;

/**
 * Numbers on a line for the values of one column, and back.
 *
 * A value is first spread over its cell, `z = x + step (u - ½)` with `u` uniform, where the column has a step: that of its
 * rounding, or 1 for integers and the numbers of categories. Then `y = (map(z) - location) / scale`, where `map` is the
 * identity, a logarithm, or a logit, as the bounds have it. The density of `x` is that of `y` times the slope, averaged over
 * the cell; for steps of 1 that is the probability of the value.
 */
export class ColumnCoder {
  readonly name: string;
  readonly spec: ColumnSpec;
  /** Width of a cell; 0 for a column of exact numbers. */
  readonly step: number;
  readonly state: CoderState;
  readonly #map: ScalarMap;
  /** Where `z` lies, its very bounds left out. */
  readonly #range: readonly [number, number];
  readonly #codes: ReadonlyMap<string, number>;

  constructor(state: CoderState) {
    const { name, spec, location, scale } = state;
    this.name = name;
    this.spec = spec;
    this.state = state;
    this.step = stepOf(spec);
    const [low, high] = boundsOf(spec, this.step);
    const margin = Number.isFinite(high - low) ? MARGIN * (high - low) : MARGIN * (this.step || 1e-30);
    this.#range = [low + margin, high - margin];
    this.#map = compose(mapOf(spec, low, high), affine(location, scale));
    this.#codes = new Map(spec.kind === 'category' ? spec.levels.map((level, code) => [level, code]) : []);
  }

  /** Coders whose line has mean 0 and deviation 1 on these values; of a column without two different values none can be made. */
  static fitted(name: string, spec: ColumnSpec, column: Column): ColumnCoder {
    const plain = new ColumnCoder({ name, spec, location: 0, scale: 1 });
    const line = Array.from(plain.numbers(column)).filter((value) => !Number.isNaN(value)).map((value) => plain.line(value, 0.5)); // prettier-ignore
    const location = line.reduce((sum, y) => sum + y, 0) / line.length;
    const variance = line.reduce((sum, y) => sum + (y - location) ** 2, 0) / line.length;
    return new ColumnCoder({ name, spec, location, scale: Math.sqrt(variance) || 1 });
  }

  /**
   * The column as numbers, with NaN where a value is missing: codes for categories.
   *
   * @throws FlowDataError for values that this column cannot have; names them and their rows.
   */
  numbers(column: Column): Float64Array {
    const { spec } = this;
    if (spec.kind === 'category') return this.#codesOf(column);
    if (!isNumeric(column)) throw this.#refused('numbers', 'text', []);
    const [low, high] = boundsOf(spec, 0);
    const wrong = (value: number) =>
      !Number.isNaN(value) &&
      (!Number.isFinite(value) || value < low || value > high || (spec.kind === 'integer' && !Number.isInteger(value)) || (spec.kind === 'positive' && value === 0)); // prettier-ignore
    const rows = rowsWhere(column, wrong);
    if (rows.length > 0) throw this.#refused(describeDomain(spec), String(column[rows[0]]), rows);
    return column;
  }

  /** The place on the line of a value from {@link ColumnCoder.numbers}, at the part `u` of its cell. */
  line(x: number, u: number): number {
    return this.#map.toLine(this.#within(x + this.step * (u - 0.5)));
  }

  /** `ln dy/dx` there. */
  logSlope(x: number, u: number): number {
    return this.#map.logSlope(this.#within(x + this.step * (u - 0.5)));
  }

  /** The column of these places on the line. */
  column(line: ArrayLike<number>): Column {
    const { spec, step } = this;
    const values = Float64Array.from(line, (y) => {
      const z = this.#within(this.#map.toColumn(y));
      return step > 0 ? Number((step * Math.round(z / step)).toPrecision(12)) + 0 : z;
    });
    return spec.kind === 'category' ? Array.from(values, (code) => spec.levels[code]) : values;
  }

  #within(z: number): number {
    return Math.min(Math.max(z, this.#range[0]), this.#range[1]);
  }

  #codesOf(column: Column): Float64Array {
    const texts = isNumeric(column)
      ? Array.from(column, (value) => (Number.isNaN(value) ? null : String(value)))
      : column;
    const unknown = texts.flatMap((text, row) => (text !== null && !this.#codes.has(text) ? [row] : []));
    if (unknown.length > 0) throw this.#refused(describeDomain(this.spec), `"${texts[unknown[0]]}"`, unknown);
    return Float64Array.from(texts, (text) => (text === null ? NaN : this.#codes.get(text)!));
  }

  #refused(expected: string, got: string, rows: readonly number[]): FlowDataError {
    const place = rows.length > 0 ? ` in row ${rows[0]}` : '';
    return new FlowDataError(`column "${this.name}"`, { expected, got: got + place, rows: rows.slice(0, 10) });
  }
}

/** What values a column may have, in words. */
export function describeDomain(spec: ColumnSpec): string {
  switch (spec.kind) {
    case 'continuous':
      return 'finite numbers';
    case 'positive':
      return 'positive numbers';
    case 'bounded':
      return `numbers from ${spec.low} to ${spec.high}`;
    case 'integer': {
      const { low, high } = spec;
      return `whole numbers${low === undefined ? '' : ` from ${low}`}${high === undefined ? '' : ` to ${high}`}`;
    }
    case 'category':
      return `one of ${spec.levels.slice(0, 8).map((level) => `"${level}"`).join(', ')}${spec.levels.length > 8 ? ', ...' : ''}`; // prettier-ignore
  }
}

function stepOf(spec: ColumnSpec): number {
  return spec.kind === 'integer' || spec.kind === 'category' ? 1 : (spec.step ?? 0);
}

/** Bounds of the values, with the cells of the outermost. */
function boundsOf(spec: ColumnSpec, step: number): [low: number, high: number] {
  switch (spec.kind) {
    case 'continuous':
      return [-Infinity, Infinity];
    case 'positive':
      return [0, Infinity];
    case 'bounded':
      return [spec.low - step / 2, spec.high + step / 2];
    case 'integer':
      return [(spec.low ?? -Infinity) - step / 2, (spec.high ?? Infinity) + step / 2];
    case 'category':
      return [-step / 2, spec.levels.length - 1 + step / 2];
  }
}

function mapOf(spec: ColumnSpec, low: number, high: number): ScalarMap {
  if (Number.isFinite(low) && Number.isFinite(high)) return logit(low, high);
  if (spec.kind === 'positive') return logarithm(low);
  if (Number.isFinite(low)) return softplusInverse(low);
  return affine(0, 1);
}

function rowsWhere(values: Float64Array, wrong: (value: number) => boolean): number[] {
  const rows: number[] = [];
  values.forEach((value, row) => {
    if (wrong(value)) rows.push(row);
  });
  return rows;
}
