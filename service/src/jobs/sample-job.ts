import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FlowFileError } from 'tfjs-flows';
import { Type, type Static } from 'typebox';
import { replaceFile } from '../files/replace-file.js';
import { formatOf } from '../tables/formats.js';
import { concatenate } from '../tables/table-file.js';
import { checkedInput } from './checked-input.js';
import type { JobHandler, Json } from './job.js';
import type { Threads } from './threads.js';

/** Rows of a part, where nothing is said. */
const PART = 65_536;

const Given = Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Boolean()]));

/** What a `sample` job is given. */
export const SampleInput = Type.Object(
  {
    /** Folder of the model. */
    model: Type.String({ minLength: 1 }),
    /** File to write, which is not there yet. */
    out: Type.String({ minLength: 1 }),
    count: Type.Integer({ minimum: 1 }),
    /** Default: 0. */
    seed: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
    /** Values of conditions, and of other columns to keep, the same in all draws. */
    given: Type.Optional(Given),
    /** Rows of a part, each of which has a random stream of its own. Default: 65,536. */
    partRows: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
);

/** What a `sample-part` job is given. */
export const SamplePartInput = Type.Object(
  {
    model: Type.String(),
    out: Type.String(),
    count: Type.Integer({ minimum: 1 }),
    seed: Type.String(),
    given: Type.Optional(Given),
  },
  { additionalProperties: false },
);

/** Some of the draws. */
export type SamplePart = Static<typeof SamplePartInput>;

/**
 * Draws a table by parts, as jobs of their own, and puts these together; the same seed and `partRows` draw the same rows, however many
 * threads there are. The result is `{ out, rows, parts }`.
 */
export const sampleHandler: JobHandler = async ({ input: given, checkpoint, signal, progress, fork }) => {
  const input = checkedInput(SampleInput, 'sample', '{ model, out, count, seed?, given?, partRows? }', given);
  const { count, seed = 0, partRows = PART } = input;
  const out = resolve(input.out);
  const to = formatOf(out);
  const kept = join(checkpoint, 'result.json');
  if (existsSync(kept) && existsSync(out)) return JSON.parse(await readFile(kept, 'utf8')) as Json;
  if (existsSync(out)) throw new FlowFileError('sample job', { expected: 'a new file to write', got: `${out}, which is there already` }); // prettier-ignore
  await mkdir(join(checkpoint, 'parts'), { recursive: true });
  const parts = Array.from({ length: Math.ceil(count / partRows) }, (_, index): SamplePart => ({
    model: resolve(input.model),
    out: join(checkpoint, 'parts', `${index}.parquet`),
    count: Math.min(partRows, count - index * partRows),
    seed: `${seed}/${index}`,
    ...(input.given && { given: input.given }),
  }));
  await fork('sample-part', parts, (done) => {
    progress(done / (parts.length + 1), { parts: parts.length, done });
  });
  signal.throwIfAborted();
  const result = { out, rows: count, parts: parts.length };
  await replaceFile(kept, JSON.stringify(result));
  await concatenate(parts.map((part) => part.out), out, to); // prettier-ignore
  return result;
};

/** Draws a part in a thread. The result is the count of its rows. */
export function samplePartHandler(threads: Threads): JobHandler {
  return async ({ input, signal }) => {
    const part = checkedInput(SamplePartInput, 'sample-part', '{ model, out, count, seed, given? }', input);
    return threads.run('sample-part', part, signal) as Promise<Json>;
  };
}
