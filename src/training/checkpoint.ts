import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowFileError } from '../errors.js';
import { checkpointExists, readCheckpoint, writeCheckpoint } from '../io/checkpoint-file.js';
import type { StoredTensor } from '../io/safetensors.js';
import type { Parameter } from '../module.js';
import type { Fingerprint } from './fingerprint.js';
import type { Progress } from './progress.js';

/** Numbers by name. */
export type Values = ReadonlyMap<string, StoredTensor>;

/** All that a run needs to go on as if it had never stopped. */
export interface RunState {
  readonly progress: Progress;
  readonly fingerprint: Fingerprint;
  /** All parameters of the model by path, those that are not trained too. */
  readonly model: Values;
  /** The same at the best epoch; empty when none is kept. */
  readonly best: Values;
  /** State of the optimizer by name. */
  readonly optimizer: Values;
  /** The averaged weights under the name `slab`; empty without averaging. */
  readonly average: Values;
  /** What the source of the rows remembers; empty where they are data. */
  readonly source: Values;
}

const SECTIONS = ['model', 'best', 'optimizer', 'average', 'source'] as const;

/** Writes the state of a run. */
export async function saveRun(url: string, state: RunState): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const section of SECTIONS) {
    for (const [name, tensor] of state[section]) tensors.set(`${section}/${name}`, tensor);
  }
  await writeCheckpoint(url, { json: { progress: state.progress, fingerprint: state.fingerprint }, tensors });
}

/**
 * Reads what {@link saveRun} wrote, or null when there is nothing.
 *
 * @throws FlowFileError when what is there is not the state of a training run.
 */
export async function loadRun(url: string): Promise<RunState | null> {
  if (!(await checkpointExists(url))) return null;
  const { json, tensors } = await readCheckpoint(url);
  const { progress, fingerprint } = (json ?? {}) as Partial<RunState>;
  if (!progress || !fingerprint) {
    throw new FlowFileError('fit.checkpoint', {
      expected: `the state of a training run at ${url}`,
      got: 'another file',
    });
  }
  const [model, best, optimizer, average, source] = SECTIONS.map((section) => sectionOf(tensors, `${section}/`));
  return { progress, fingerprint, model, best, optimizer, average, source };
}

/** Reads parameters from the backend, or `tensors` that stand for them in the same order. */
export async function valuesOf(parameters: readonly Parameter[], tensors?: readonly Tensor[]): Promise<Values> {
  const entries = parameters.map(async ({ path, variable }, i): Promise<[string, StoredTensor]> => {
    const values = (await (tensors?.[i] ?? variable).data()) as Float32Array;
    return [path, { shape: variable.shape, values }];
  });
  return new Map(await Promise.all(entries));
}

/** Reads flat vectors from the backend. */
export async function vectorsOf(vectors: ReadonlyMap<string, Tensor>): Promise<Values> {
  const entries = [...vectors].map(async ([name, tensor]): Promise<[string, StoredTensor]> => {
    return [name, { shape: tensor.shape, values: (await tensor.data()) as Float32Array }];
  });
  return new Map(await Promise.all(entries));
}

function sectionOf(tensors: Values, prefix: string): Values {
  return new Map(
    [...tensors].filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value]),
  );
}
