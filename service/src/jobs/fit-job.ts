import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FlowFileError } from 'tfjs-flows';
import { Type, type Static } from 'typebox';
import { replaceFile } from '../files/replace-file.js';
import type { FitProgress } from '../estimator/train.js';
import { FORMATS } from '../tables/format-names.js';
import { checkedInput } from './checked-input.js';
import type { JobHandler, Json } from './job.js';
import type { Threads } from './threads.js';

/** What a `fit` job is given. */
export const FitInput = Type.Object(
  {
    /** CSV, Parquet, NDJSON or Arrow file. */
    table: Type.String({ minLength: 1 }),
    format: Type.Optional(Type.Enum([...FORMATS])),
    /** Folder of the model, which is not there yet. */
    out: Type.String({ minLength: 1 }),
    /** `EstimatorOptions`. */
    options: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { additionalProperties: false },
);

/** What a thread is told of a fit. */
export interface FitTask extends Static<typeof FitInput> {
  readonly checkpoint: string;
}

/**
 * Fits a model to a table in a thread of its own, which goes on from its checkpoint after a crash. The folder of the model is
 * there once it is whole. The result is `{ out, model }`, with what the model says of itself.
 */
export function fitHandler(threads: Threads): JobHandler {
  return async ({ id, input: given, signal, checkpoint, progress }) => {
    const input = checkedInput(FitInput, 'fit', '{ table, out, format?, options? }', given);
    const out = resolve(input.out);
    const whole = join(dirname(out), `.${basename(out)}.${id}.tmp`);
    const kept = join(checkpoint, 'result.json');
    // The result is on disk before the model is in place, so that a crash between the two is told from a folder of others.
    if (existsSync(kept)) {
      if (existsSync(whole)) await rename(whole, out);
      return JSON.parse(await readFile(kept, 'utf8')) as Json;
    }
    if (existsSync(out)) throw new FlowFileError('fit job', { expected: 'a new folder for the model', got: `${out}, which is there already` }); // prettier-ignore
    try {
      await mkdir(dirname(out), { recursive: true });
      await rm(whole, { recursive: true, force: true });
      const task: FitTask = { ...input, out: whole, checkpoint: join(checkpoint, 'training') };
      const model = (await threads.run('fit', task, signal, (epoch) => {
        const { trial, trials, epoch: at, epochs } = epoch as unknown as FitProgress;
        progress((trial - 1 + Math.min(at / epochs, 1)) / trials, epoch);
      })) as Json;
      signal.throwIfAborted();
      const result: Json = { out, model };
      await replaceFile(kept, JSON.stringify(result));
      await rename(whole, out);
      return result;
    } finally {
      if (!existsSync(kept)) await rm(whole, { recursive: true, force: true });
    }
  };
}
