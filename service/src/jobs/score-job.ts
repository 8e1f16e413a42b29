import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FlowConfigError, FlowFileError } from 'tfjs-flows';
import { Type, type Static } from 'typebox';
import { replaceFile } from '../files/replace-file.js';
import { FORMATS } from '../tables/format-names.js';
import { formatOf } from '../tables/formats.js';
import { TableFile } from '../tables/table-file.js';
import { checkedInput } from './checked-input.js';
import type { JobHandler, Json } from './job.js';
import type { Threads } from './threads.js';

/** Rows of a part, where nothing is said. */
const PART = 262_144;

/** What a `score` job is given. */
export const ScoreInput = Type.Object(
  {
    /** Folder of the model. */
    model: Type.String({ minLength: 1 }),
    table: Type.String({ minLength: 1 }),
    format: Type.Optional(Type.Enum([...FORMATS])),
    /** File to write, the table with `column` beside its own; it is not there yet. */
    out: Type.String({ minLength: 1 }),
    /** Default: log_density. */
    column: Type.Optional(Type.String({ minLength: 1 })),
    /** Rows of a part. Default: 262,144. */
    partRows: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
);

/** What a `score-part` job is given: rows `first` to `first + count - 1` of a Parquet file. */
export const ScorePartInput = Type.Object(
  {
    model: Type.String(),
    table: Type.String(),
    out: Type.String(),
    column: Type.String(),
    first: Type.Integer({ minimum: 0 }),
    count: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
);

/** A part of a table to score. */
export type ScorePart = Static<typeof ScorePartInput>;

/** Which parts there are, written before the first of them is scored. */
interface Manifest {
  readonly rows: number;
  readonly parts: readonly ScorePart[];
}

/**
 * Scores a table by parts, as jobs of their own, and puts these together. Parts are files, each in place once it is whole, so
 * that one that is scored twice is there once. The result is `{ out, rows, parts, mean }`, with the mean of `ln p`, nats.
 */
export const scoreHandler: JobHandler = async ({ input: given, checkpoint, signal, progress, fork }) => {
  const input = checkedInput(ScoreInput, 'score', '{ model, table, out, format?, column?, partRows? }', given);
  const out = resolve(input.out);
  const to = formatOf(out);
  const kept = join(checkpoint, 'result.json');
  if (existsSync(kept) && existsSync(out)) return JSON.parse(await readFile(kept, 'utf8')) as Json;
  if (existsSync(out)) throw new FlowFileError('score job', { expected: 'a new file to write', got: `${out}, which is there already` }); // prettier-ignore
  const manifest = await planned(input, checkpoint);
  const results = (await fork('score-part', manifest.parts, (count) => {
    progress(count / (manifest.parts.length + 1), { parts: manifest.parts.length, done: count });
  })) as number[];
  signal.throwIfAborted();
  const result = {
    out,
    rows: manifest.rows,
    parts: manifest.parts.length,
    mean: results.reduce((sum, part) => sum + part, 0) / manifest.rows,
  };
  await replaceFile(kept, JSON.stringify(result));
  const table = await TableFile.open(resolve(input.table), input.format);
  try {
    await table.joinWith(out, to, manifest.parts.map((part) => part.out)); // prettier-ignore
  } finally {
    await table.close();
  }
  return result;
};

/** Scores a part in a thread. The result is the sum of `ln p`. */
export function scorePartHandler(threads: Threads): JobHandler {
  return async ({ input, signal }) => {
    const expected = '{ model, table, out, column, first, count }';
    return threads.run(
      'score-part',
      checkedInput(ScorePartInput, 'score-part', expected, input),
      signal,
    ) as Promise<Json>;
  };
}

/** Cuts a table into parts; what is no Parquet is put down as such, to be read from any row on. */
async function planned(input: Static<typeof ScoreInput>, checkpoint: string): Promise<Manifest> {
  const path = join(checkpoint, 'manifest.json');
  if (existsSync(path)) return JSON.parse(await readFile(path, 'utf8')) as Manifest;
  const { model, format, column = 'log_density', partRows = PART } = input;
  const file = await TableFile.open(resolve(input.table), format);
  let table = resolve(input.table);
  try {
    if (file.names.includes(column)) throw new FlowConfigError('score job', { expected: 'a new column', got: `"${column}", which the table has` }); // prettier-ignore
    if (formatOf(table, format) !== 'parquet') {
      table = join(checkpoint, 'table.parquet');
      await file.copyTo(table, 'parquet');
    }
  } finally {
    await file.close();
  }
  await mkdir(join(checkpoint, 'parts'), { recursive: true });
  const parts: ScorePart[] = [];
  for (let first = 0; first < file.rowCount; first += partRows) {
    const count = Math.min(partRows, file.rowCount - first);
    const out = join(checkpoint, 'parts', `${parts.length}.parquet`);
    parts.push({ model: resolve(model), table, out, column, first, count });
  }
  const manifest = { rows: file.rowCount, parts };
  await replaceFile(path, JSON.stringify(manifest));
  return manifest;
}
