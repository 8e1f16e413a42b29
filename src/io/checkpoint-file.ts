import { FlowFileError } from '../errors.js';
import { decodeJson, encodeJson, isRecord } from './json.js';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from './safetensors.js';
import { openStore } from './stores/open.js';

/** Everything a run needs to go on where it stood. */
export interface CheckpointContent {
  /** Plain JSON: numbers (NaN and infinities too), texts, lists, records. */
  readonly json: unknown;
  /** Numbers by name; they come back bit for bit. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const DESCRIPTION = 'checkpoint.json';
const STATE = 'state.safetensors';
const FORMAT = 'tfjs-flows-checkpoint';
const VERSION = 1;

/**
 * Writes a checkpoint as `checkpoint.json` and `state.safetensors`. It is taken as it stands when this is called, and a
 * crash at any moment leaves the checkpoint before it or this one, never half of one.
 *
 * @param url `file://folder` in Node, `indexeddb://name` in a browser, `memory://name` in both.
 * @throws FlowFileError when the place cannot be written.
 */
export async function writeCheckpoint(url: string, { json, tensors }: CheckpointContent): Promise<void> {
  const files = new Map([
    [DESCRIPTION, encodeJson({ format: FORMAT, version: VERSION, content: json })],
    [STATE, encodeSafetensors(tensors)],
  ]);
  await openStore(url, 'writeCheckpoint').write(files);
}

/**
 * Reads what {@link writeCheckpoint} wrote.
 *
 * @throws FlowFileError when there is none, or it is damaged or from a newer version.
 */
export async function readCheckpoint(url: string): Promise<CheckpointContent> {
  const where = 'readCheckpoint';
  const files = await openStore(url, where).read([DESCRIPTION, STATE]);
  const description = decodeJson(files.get(DESCRIPTION)!, DESCRIPTION, where);
  const { format, version, content } = isRecord(description) ? description : {};
  if (format !== FORMAT || version !== VERSION) {
    throw new FlowFileError(where, {
      expected: `a checkpoint of format "${FORMAT}", version ${VERSION}, in ${DESCRIPTION}`,
      got: `"${String(format)}", version ${String(version)}`,
      hint: 'A newer version of this library may be able to read it.',
    });
  }
  return { json: content, tensors: decodeSafetensors(files.get(STATE)!, where).tensors };
}

/** Whether there is a checkpoint at this place. */
export async function checkpointExists(url: string): Promise<boolean> {
  return openStore(url, 'checkpointExists').exists([DESCRIPTION, STATE]);
}

/** Deletes a checkpoint; nothing happens when there is none. */
export async function removeCheckpoint(url: string): Promise<void> {
  await openStore(url, 'removeCheckpoint').remove([DESCRIPTION, STATE]);
}
