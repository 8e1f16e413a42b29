import type { Module } from '../module.js';
import { encodeModel } from './save.js';

/**
 * A model as the two files that saving would write, `flow.json` and `weights.safetensors`; `loadFlow` takes them as they
 * are. For whoever has a place of their own to put them, such as a worker that has no downloads.
 *
 * @throws FlowConfigError when the module is disposed, or a class in it has no name to be saved under.
 * @throws FlowNumericsError when a parameter is not finite.
 */
export async function modelFiles(module: Module): Promise<File[]> {
  const files = await encodeModel(module);
  return [...files].map(([name, bytes]) => new File([bytes.slice()], name));
}
