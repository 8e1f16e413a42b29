import { FlowFileError } from '../errors.js';
import type { Shape } from '../shapes.js';
import { VERSION } from '../version.js';
import type { SerializedObject } from './config.js';
import { decodeJson, encodeJson, isRecord } from './json.js';

/** Files of a saved model, the one that describes it first. */
export const MANIFEST_FILE = 'flow.json';
export const WEIGHTS_FILE = 'weights.safetensors';
export const MODEL_FILES = [MANIFEST_FILE, WEIGHTS_FILE] as const;

const FORMAT = 'tfjs-flows';
/** Version of the layout of the files; raised when older readers can no longer understand it. */
const FORMAT_VERSION = 1;

/** What `flow.json` says about a model. */
export interface Manifest {
  /** The module's class and options. */
  readonly model: SerializedObject;
  /** The tensors that `weights.safetensors` has to hold. */
  readonly parameters: readonly { readonly path: string; readonly shape: Shape }[];
  /** Paths of modules that were not to be trained; the empty path is the model itself. */
  readonly frozen: readonly string[];
}

export function encodeManifest(manifest: Manifest): Uint8Array<ArrayBuffer> {
  return encodeJson({ format: FORMAT, version: FORMAT_VERSION, library: VERSION, ...manifest });
}

/** @throws FlowFileError when the bytes are not such a file, or one from a newer version. */
export function decodeManifest(bytes: Uint8Array, where: string): Manifest {
  const json = decodeJson(bytes, MANIFEST_FILE, where);
  const { format, version, library, model, parameters, frozen = [] } = isRecord(json) ? json : {};
  if (format !== FORMAT) {
    throw new FlowFileError(where, { expected: `format "${FORMAT}" in ${MANIFEST_FILE}`, got: describe(format) });
  }
  if (version !== FORMAT_VERSION) {
    const newer = typeof version === 'number' && version > FORMAT_VERSION;
    throw new FlowFileError(where, {
      expected: `version ${FORMAT_VERSION} in ${MANIFEST_FILE}`,
      got: describe(version),
      hint: newer ? `It was written by tfjs-flows ${String(library)}: update this library to read it.` : undefined,
    });
  }
  if (!isRecord(model) || typeof model.className !== 'string' || !isRecord(model.config)) {
    throw malformed('"model" with a "className" and a "config"', model, where);
  }
  if (!Array.isArray(parameters) || !parameters.every(isParameter)) {
    throw malformed('"parameters": a list of paths with shapes', parameters, where);
  }
  if (!Array.isArray(frozen) || !frozen.every((path) => typeof path === 'string')) {
    throw malformed('"frozen": a list of paths', frozen, where);
  }
  return { model: { className: model.className, config: model.config }, parameters, frozen };
}

function isParameter(value: unknown): value is { path: string; shape: number[] } {
  return isRecord(value) && typeof value.path === 'string' && Array.isArray(value.shape);
}

function malformed(expected: string, value: unknown, where: string): FlowFileError {
  const hint = 'The file was edited by hand or damaged; restore it from another copy.';
  return new FlowFileError(where, { expected: `${expected}, in ${MANIFEST_FILE}`, got: describe(value), hint });
}

/** The start of a value as JSON. */
function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
