import { describeDomain } from '../columns/coder.js';
import type { TableCoder } from '../columns/table-coder.js';
import type { ColumnSpec } from '../columns/spec.js';
import type { Table } from '../tables/table.js';
import type { ModelName } from './model-names.js';
import type { Trial } from './train.js';

/** What was done to one column. */
export interface ColumnReport {
  readonly name: string;
  readonly role: 'modelled' | 'condition' | 'constant' | 'ignored';
  /** Null for columns that are not read. */
  readonly spec: ColumnSpec | null;
  /** In words, such as `positive numbers; ln x; rounded to 0.1, spread over the cell`. */
  readonly treatment: string;
  /** Values that were missing in the rows of the fit. */
  readonly missing: number;
}

/** What was done to a table, and what came of it. */
export interface DataReport {
  readonly rows: number;
  readonly heldOutRows: number;
  readonly columns: readonly ColumnReport[];
  readonly model: ModelName;
  /** Mean `ln p` of the held-out rows, nats a row, in the units of the table. */
  readonly heldOut: number;
  readonly parameters: number;
  readonly trials: readonly Trial[];
}

/** A report of each column, in the order of the table. */
export function reportColumns(coder: TableCoder, table: Table): ColumnReport[] {
  const { modelled, conditions, constants, ignored } = coder.state;
  return Object.entries(table.columns).map(([name, column]) => {
    const missing = Array.from<unknown>(column).filter((value) => value === null || Number.isNaN(value)).length;
    const constant = constants.find((each) => each.name === name);
    if (constant) return { name, role: 'constant', spec: null, treatment: `always ${constant.value}; not modelled`, missing };
    if (ignored.includes(name)) return { name, role: 'ignored', spec: null, treatment: 'not read', missing };
    const condition = conditions.find((each) => each.name === name);
    const { spec } = condition ?? modelled.find((each) => each.name === name)!;
    return { name, role: condition ? 'condition' : 'modelled', spec, treatment: treatmentOf(spec, Boolean(condition)), missing };
  }); // prettier-ignore
}

function treatmentOf(spec: ColumnSpec, condition: boolean): string {
  const parts = [describeDomain(spec)];
  if (condition) return `${parts[0]}; ${spec.kind === 'category' ? 'one number a level' : 'one number'} of the context`;
  switch (spec.kind) {
    case 'positive':
      parts.push('ln x');
      break;
    case 'bounded':
      parts.push('logit');
      break;
    case 'integer':
      parts.push(
        'spread over the cell',
        ...(spec.high !== undefined ? ['logit'] : spec.low !== undefined ? ['inverse softplus'] : []),
      );
      break;
    case 'category':
      parts.push('numbered, spread over the cell, logit');
      break;
    case 'continuous':
      break;
  }
  if ('step' in spec && spec.step) parts.push(`rounded to ${spec.step}, spread over the cell`);
  return parts.join('; ');
}
