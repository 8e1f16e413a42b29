import { tableFromArrays, tableToIPC } from 'apache-arrow';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Column, Table } from '../tables/table.js';
import { Problem } from './problem.js';
import { MEDIA } from './rows.js';

/** In which form rows are answered. */
export type Form = 'json' | 'ndjson' | 'arrow';

const FORMS: readonly (readonly [string, Form])[] = [
  ['application/json', 'json'],
  [MEDIA.ndjson, 'ndjson'],
  [MEDIA.arrow, 'arrow'],
];

/**
 * The form that a caller wants.
 *
 * @throws Problem 406 for none that there is.
 */
export function formOf({ headers }: FastifyRequest, otherwise: Form = 'json'): Form {
  const accept = headers.accept ?? '*/*';
  for (const wanted of accept.split(',').map((part) => part.split(';')[0].trim().toLowerCase())) {
    if (wanted === '*/*' || wanted === 'application/*') return otherwise;
    const found = FORMS.find(([type]) => type === wanted);
    if (found) return found[1];
  }
  throw new Problem(406, `Answers are ${FORMS.map(([type]) => type).join(', ')}.`);
}

/** Answers by a table. JSON has its columns as arrays; a number that is not finite is null there. */
export function sendTable(reply: FastifyReply, form: Form, table: Table, more: object = {}): FastifyReply {
  if (form === 'arrow') return reply.type(MEDIA.arrow).send(Buffer.from(arrowOf(table)));
  if (form === 'ndjson') return reply.type(MEDIA.ndjson).send(linesOf(table));
  return reply.type('application/json; charset=utf-8').send(JSON.stringify({ ...more, ...jsonColumns(table) }));
}

/** The columns of a table as JSON has them. */
export function jsonColumns({ columns }: Table): Record<string, readonly (number | string | null)[]> {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, valuesOf(column)]));
}

/** The rows of a table, a line of JSON each. */
export function linesOf({ rowCount, columns }: Table): string {
  const names = Object.keys(columns);
  const values = names.map((name) => valuesOf(columns[name]));
  let text = '';
  for (let row = 0; row < rowCount; row++) {
    text += `${JSON.stringify(Object.fromEntries(names.map((name, i) => [name, values[i][row]])))}\n`;
  }
  return text;
}

function arrowOf({ columns }: Table): Uint8Array {
  return tableToIPC(tableFromArrays(columns as Record<string, Float64Array | string[]>), 'stream');
}

/** Values for JSON, which has no infinities. */
export function valuesOf(column: Column): readonly (number | string | null)[] {
  return Array.from<number | string | null>(column).map((value) =>
    typeof value === 'number' && !Number.isFinite(value) ? null : value,
  );
}
