import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse } from 'secure-json-parse';
import { Type, type Static } from 'typebox';
import { readArrow } from '../tables/arrow.js';
import { TableFile } from '../tables/table-file.js';
import type { Table } from '../tables/table.js';
import { tableOf, type Cell } from '../tables/table-of.js';
import { Problem } from './problem.js';

/** Media types of rows beside JSON. */
export const MEDIA = {
  ndjson: 'application/x-ndjson',
  arrow: 'application/vnd.apache.arrow.stream',
  arrowFile: 'application/vnd.apache.arrow.file',
  csv: 'text/csv',
} as const;

const Value = Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Null()]);

/** Rows as JSON says them. */
export const RowsBody = Type.Union([
  Type.Object({ rows: Type.Array(Type.Record(Type.String(), Value)) }, { additionalProperties: false }),
  Type.Object({ columns: Type.Record(Type.String(), Type.Array(Value)) }, { additionalProperties: false }),
]);

/** Rows that are read from a stream before they are scored. */
const PIECE = 4096;
/** Bytes of a line. */
const LONGEST_LINE = 2 ** 20;

/** Reads bodies of these types: JSON, CSV and Arrow whole, lines of JSON as they come. */
export function readRowBodies(app: FastifyInstance): void {
  for (const type of [MEDIA.arrow, MEDIA.arrowFile, MEDIA.csv]) {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  }
  app.addContentTypeParser(MEDIA.ndjson, (_request, payload, done) => done(null, payload));
}

/** Whether the rows come line by line. */
export function isStream({ body }: FastifyRequest): boolean {
  return typeof (body as Partial<Readable> | null)?.pipe === 'function';
}

/**
 * The rows of a body that is no stream.
 *
 * @throws Problem 400 for what is no table, 413 for more than `most` rows; FlowDataError, FlowShapeError as of `tableOf`.
 */
export async function tableOfBody(request: FastifyRequest, most: number): Promise<Table> {
  const { body } = request;
  if (typeof body !== 'object' || body === null) throw new Problem(415, `Rows come as application/json, ${Object.values(MEDIA).join(', ')}.`); // prettier-ignore
  const table = Buffer.isBuffer(body) ? await tableOfBytes(body, mediaOf(request), most) : tableOfJson(body);
  if (table.rowCount > most) throw tooMany(`${table.rowCount} rows`, most);
  if (table.rowCount === 0) throw new Problem(400, 'There are no rows.');
  return table;
}

function tooMany(got: string, most: number): Problem {
  return new Problem(413, `At most ${most} rows are answered at once, got ${got}. Send them as ${MEDIA.ndjson}, or submit a job.`); // prettier-ignore
}

/** Rows of lines of JSON, some thousand at a time, in their order. */
export async function* tablesOfLines({ body }: FastifyRequest): AsyncGenerator<Table> {
  let rows: Record<string, Cell>[] = [];
  let line = 0;
  for await (const text of linesOf(body as Readable)) {
    line++;
    if (text.trim() === '') continue;
    rows.push(rowOf(text, line));
    if (rows.length < PIECE) continue;
    yield tableOf(rows);
    rows = [];
  }
  if (rows.length > 0) yield tableOf(rows);
}

async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let open = 0;
  stream.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf(10);
    open = end < 0 ? open + chunk.length : chunk.length - end - 1;
    if (open > LONGEST_LINE) stream.destroy(new Problem(413, `A line is at most ${LONGEST_LINE} bytes.`));
  });
  yield* createInterface({ input: stream, crlfDelay: Infinity });
}

function rowOf(text: string, line: number): Record<string, Cell> {
  let row: unknown;
  try {
    row = parse(text, { protoAction: 'error', constructorAction: 'error' });
  } catch {
    throw new Problem(400, `Line ${line} is no JSON.`);
  }
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Record<string, Cell>;
  throw new Problem(400, `Line ${line} is no object.`);
}

function tableOfJson(body: unknown): Table {
  const { rows, columns } = body as { readonly rows?: Record<string, Cell>[]; readonly columns?: Record<string, Cell[]> }; // prettier-ignore
  return tableOf((rows ?? columns)!);
}

async function tableOfBytes(bytes: Buffer, media: string, most: number): Promise<Table> {
  if (media !== MEDIA.csv) {
    try {
      return tableOf(readArrow(bytes, most));
    } catch (error) {
      if (error instanceof RangeError) throw tooMany(error.message, most);
      throw error;
    }
  }
  const path = join(tmpdir(), `tfjs-flows-${randomUUID()}.csv`);
  await writeFile(path, bytes);
  try {
    const file = await TableFile.open(path, 'csv');
    try {
      if (file.rowCount > most) throw tooMany(`${file.rowCount} rows`, most);
      return await file.read();
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true });
  }
}

function mediaOf({ headers }: FastifyRequest): string {
  return (headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
}

/** A body of {@link RowsBody}. */
export type Rows = Static<typeof RowsBody>;
