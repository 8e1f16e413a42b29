import { FlowConfigError, FlowNumericsError } from '../errors.js';
import type { Module } from '../module.js';
import { serialize } from './config.js';
import { encodeManifest, MANIFEST_FILE, MODEL_FILES, WEIGHTS_FILE } from './manifest.js';
import { encodeSafetensors, type StoredTensor } from './safetensors.js';
import { openStore } from './stores/open.js';

/**
 * Writes a module as `flow.json` (classes and options) and `weights.safetensors` (parameters by path). A crash leaves
 * what was saved there before, or this.
 *
 * @throws FlowFileError when the place cannot be written.
 * @throws FlowConfigError when the module is disposed, or a class in it has no name to be saved under.
 * @throws FlowNumericsError when a parameter is not finite; what was saved before stays.
 */
export async function saveModule(module: Module, url: string): Promise<void> {
  const store = openStore(url, `${module.className}.save`);
  await store.write(await encodeModel(module));
}

/** The files of {@link saveModule}, by name. */
export async function encodeModel(module: Module): Promise<Map<string, Uint8Array>> {
  const where = `${module.className}.save`;
  if (module.isDisposed) {
    throw new FlowConfigError(where, { expected: 'a module with its weights', got: 'a disposed one' });
  }
  const model = serialize(module);
  const frozen = frozenPaths(module);
  const tensors = await readParameters(module);
  checkFinite(tensors, where);
  const parameters = [...tensors].map(([path, { shape }]) => ({ path, shape }));
  return new Map([
    [MANIFEST_FILE, encodeManifest({ model, parameters, frozen })],
    [WEIGHTS_FILE, encodeSafetensors(tensors, { format: 'tfjs-flows' })],
  ]);
}

/** Deletes a saved model; nothing happens when there is none. */
export async function removeModel(url: string, where: string): Promise<void> {
  await openStore(url, where).remove(MODEL_FILES);
}

/** Numbers of all variables by their paths. */
export async function readParameters(module: Module): Promise<Map<string, StoredTensor>> {
  return new Map(
    await Promise.all(
      module.parameters.map(async ({ path, variable }) => {
        return [path, { shape: [...variable.shape], values: await variable.data<'float32'>() }] as const;
      }),
    ),
  );
}

/** @throws FlowNumericsError when a parameter is not finite. */
export function checkFinite(tensors: ReadonlyMap<string, StoredTensor>, where: string): void {
  for (const [path, { values }] of tensors) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) continue;
    throw new FlowNumericsError(where, {
      expected: `finite numbers in "${path}"`,
      got: `${values[bad]} at index ${bad}`,
      hint: 'The model diverged in training; save an earlier state of it.',
      path,
      value: values[bad],
    });
  }
}

function frozenPaths(module: Module, path = ''): string[] {
  const below = [...module.children].flatMap(([name, child]) => frozenPaths(child, path ? `${path}.${name}` : name));
  return module.trainable ? below : [path, ...below];
}
