import { FlowFileError } from '../errors.js';
import { readCheckpoint, writeCheckpoint } from '../io/checkpoint-file.js';
import { isRecord } from '../io/json.js';
import type { StoredTensor } from '../io/safetensors.js';
import type { Adaptation } from './adaptation.js';

/** Everything needed to go on with chains where they stood, bit for bit. */
export interface SamplerState {
  /** Class of the sampler. */
  readonly sampler: string;
  /** Key of the stream that all random numbers of the run come from. */
  readonly seed: string;
  /** Transitions made, those of the warm-up included. */
  readonly step: number;
  /** What warm-up has found so far. */
  readonly adaptation: Adaptation;
  /** Positions, energies, and what else the sampler carries along. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
}

/**
 * Writes the state of a run, to be resumed in another process.
 *
 * @param url `file://folder` in Node, `indexeddb://name` in a browser, `memory://name` in both.
 * @throws FlowFileError when the place cannot be written.
 */
export async function saveSamplerState(url: string, { tensors, ...rest }: SamplerState): Promise<void> {
  await writeCheckpoint(url, { json: { samplerState: rest }, tensors: new Map(Object.entries(tensors)) });
}

/**
 * Reads what {@link saveSamplerState} wrote.
 *
 * @throws FlowFileError when there is none, it is damaged, or of something else.
 */
export async function loadSamplerState(url: string): Promise<SamplerState> {
  const { json, tensors } = await readCheckpoint(url);
  const state = isRecord(json) ? json.samplerState : undefined;
  if (!isRecord(state)) {
    throw new FlowFileError('loadSamplerState', { expected: `the state of a sampler at ${url}`, got: 'another file' });
  }
  return { ...(state as unknown as Omit<SamplerState, 'tensors'>), tensors: Object.fromEntries(tensors) };
}
