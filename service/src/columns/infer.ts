import { FlowConfigError, FlowDataError } from 'tfjs-flows';
import { isNumeric, type Column } from '../tables/table.js';
import type { ColumnKind, ColumnSpec } from './spec.js';

/** Most levels of a category that is inferred. */
const MOST_LEVELS = 100;
/** Skewness above which positive numbers are taken by their logarithms, where these are less skewed. */
const SKEWED = 1.5;
/** Shares of a column's rows that are distinct values, below which they are taken for rounded. */
const ROUNDED = 0.2;

/**
 * Says what a column holds from its values: text is a category, whole numbers are integers (from 0 on where none is
 * negative), skewed positive numbers are positive, others continuous. Few distinct values at multiples of one step are
 * rounded ones.
 *
 * @param kind what is known already
 * @throws FlowDataError for a column without values, or whose values are not of the kind; FlowConfigError for a kind that
 * needs bounds.
 */
export function inferSpec(name: string, column: Column, kind?: ColumnKind): ColumnSpec {
  const where = `column "${name}"`;
  if (!isNumeric(column)) {
    if (kind && kind !== 'category') throw new FlowDataError(where, { expected: 'numbers', got: 'text' });
    return { kind: 'category', levels: levelsOf(where, column) };
  }
  const values = column.filter((value) => Number.isFinite(value));
  if (values.length === 0) throw new FlowDataError(where, { expected: 'some values', got: 'none' });
  const chosen = kind ?? kindOf(values);
  switch (chosen) {
    case 'category':
      return { kind: 'category', levels: [...new Set(values)].sort((a, b) => a - b).map(String) };
    case 'integer':
      return values.every((value) => value >= 0) ? { kind: 'integer', low: 0 } : { kind: 'integer' };
    case 'bounded':
      throw new FlowConfigError(where, { expected: 'bounds', got: 'none', hint: 'Give `{ kind: \'bounded\', low, high }`.' }); // prettier-ignore
    case 'continuous':
    case 'positive': {
      const step = stepOf(values);
      return step ? { kind: chosen, step } : { kind: chosen };
    }
  }
}

function kindOf(values: Float64Array): ColumnKind {
  if (values.every((value) => Number.isInteger(value))) return 'integer';
  if (values.some((value) => value <= 0)) return 'continuous';
  const skew = skewness(values);
  return skew > SKEWED && Math.abs(skewness(values.map(Math.log))) < skew ? 'positive' : 'continuous';
}

function levelsOf(where: string, column: readonly (string | null)[]): string[] {
  const levels = [...new Set(column.filter((value) => value !== null))].sort();
  if (levels.length === 0) throw new FlowDataError(where, { expected: 'some values', got: 'none' });
  if (levels.length > MOST_LEVELS) {
    throw new FlowDataError(where, {
      expected: `at most ${MOST_LEVELS} different texts`,
      got: String(levels.length),
      hint: "Override it with 'ignore' if it is an identifier, or give its levels.",
    });
  }
  return levels;
}

/** The step that values were rounded to, where few of them are distinct and all are multiples of it; otherwise 0. */
function stepOf(values: Float64Array): number {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  if (sorted.length < 2 || sorted.length > ROUNDED * values.length) return 0;
  const gap = sorted.slice(1).reduce((least, value, i) => Math.min(least, value - sorted[i]), Infinity);
  const step = Number(gap.toPrecision(6));
  const off = (value: number) => Math.abs(value / step - Math.round(value / step));
  return sorted.every((value) => off(value) < 1e-3) ? step : 0;
}

function skewness(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const moment = (power: number) => values.reduce((sum, value) => sum + (value - mean) ** power, 0) / values.length;
  const variance = moment(2);
  return variance > 0 ? moment(3) / variance ** 1.5 : 0;
}
