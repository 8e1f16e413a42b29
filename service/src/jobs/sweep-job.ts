import { cp, readFile, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { FlowConfigError, FlowFileError, RandomStream } from 'tfjs-flows';
import { Type, type Static } from 'typebox';
import { replaceFile } from '../files/replace-file.js';
import { FORMATS } from '../tables/format-names.js';
import { checkedInput } from './checked-input.js';
import type { JobHandler, Json } from './job.js';

/** What a `sweep` job is given. */
export const SweepInput = Type.Object(
  {
    table: Type.String({ minLength: 1 }),
    format: Type.Optional(Type.Enum([...FORMATS])),
    /** Folder of the best model, which is not there yet. */
    out: Type.String({ minLength: 1 }),
    /** `EstimatorOptions` of all trials. The seed decides which rows are held out: the same of all. */
    options: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    /** Values of options to try. */
    grid: Type.Record(Type.String(), Type.Array(Type.Unknown(), { minItems: 1 }), { minProperties: 1 }),
    /** Tries this many points of the grid, drawn at random without repeats; all where it is left out. */
    draws: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Decides the draws. Default: 0. */
    seed: Type.Optional(Type.Union([Type.String(), Type.Integer()])),
  },
  { additionalProperties: false },
);

/** Trials at most. */
const MOST = 1000;

/** What one trial came to. */
interface Fitted {
  readonly out: string;
  readonly model: { readonly heldOut: number };
}

/**
 * Fits a model for each point of a grid of options, or for some at random, as `fit` jobs of their own, and keeps the best. The
 * result is `{ out, trials }`: options and mean `ln p` of the held-out rows, nats, of each trial, the best first.
 */
export const sweepHandler: JobHandler = async ({ id, input: given, checkpoint, signal, progress, fork }) => {
  const input = checkedInput(SweepInput, 'sweep', '{ table, out, grid, format?, options?, draws?, seed? }', given);
  const out = resolve(input.out);
  const kept = join(checkpoint, 'result.json');
  const points = pointsOf(input);
  if (!existsSync(kept)) {
    if (existsSync(out)) throw new FlowFileError('sweep job', { expected: 'a new folder for the model', got: `${out}, which is there already` }); // prettier-ignore

    const { table, format, options } = input;
    const inputs = points.map((point, trial) => ({
      table: resolve(table),
      ...(format && { format }),
      out: join(checkpoint, `trial-${trial}`),
      options: { ...options, ...point },
    }));
    const fits = (await fork('fit', inputs as unknown as Json[], (count) => {
      progress(count / points.length, { done: count, trials: points.length });
    })) as unknown as Fitted[];
    signal.throwIfAborted();
    const trials = fits
      .map(({ out: folder, model }, trial) => ({ options: points[trial], heldOut: model.heldOut, folder }))
      .sort((a, b) => b.heldOut - a.heldOut);
    await replaceFile(kept, JSON.stringify(trials));
  }
  const trials = JSON.parse(await readFile(kept, 'utf8')) as { options: Json; heldOut: number; folder: string }[];
  const [{ folder }] = trials;
  if (!existsSync(out)) {
    // The checkpoint may be on another disk, from which nothing is moved in one step.
    const whole = join(dirname(out), `.${basename(out)}.${id}.tmp`);
    await rm(whole, { recursive: true, force: true });
    await cp(folder, whole, { recursive: true });
    await rename(whole, out);
  }
  return { out, trials: trials.map(({ options, heldOut }) => ({ options, heldOut })) };
};

/** The points of the grid to try, in the order of the grid. */
function pointsOf({ grid, draws, seed = 0 }: Static<typeof SweepInput>): Record<string, unknown>[] {
  const size = Object.values(grid).reduce((product, values) => product * values.length, 1);
  const count = draws ?? size;
  if (count > Math.min(size, MOST)) throw new FlowConfigError('sweep job', { expected: `at most ${Math.min(size, MOST)} trials`, got: String(count) }); // prettier-ignore
  const all = draws === undefined ? null : drawn(size, draws, new RandomStream(seed));
  return Array.from(all ?? { length: size }, (place, i) => pointAt(grid, all ? (place as number) : i));
}

/** Different whole numbers below `size`, ascending. */
function drawn(size: number, count: number, stream: RandomStream): number[] {
  const found = new Set<number>();
  while (found.size < count) found.add(Math.floor(stream.next() * size));
  return [...found].sort((a, b) => a - b);
}

/** The point of a grid at a place, of which the last option changes first. */
function pointAt(grid: Readonly<Record<string, readonly unknown[]>>, place: number): Record<string, unknown> {
  const point: [string, unknown][] = [];
  for (const [name, values] of Object.entries(grid).reverse()) {
    point.unshift([name, values[place % values.length]]);
    place = Math.floor(place / values.length);
  }
  return Object.fromEntries(point);
}
