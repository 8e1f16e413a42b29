import { FlowFileError } from '../errors.js';
import type { Files } from './stores/store.js';

/**
 * Reads files that the user of a browser chose. They are told apart by extension, since a browser renames downloads:
 * `demo.flow.json` or `flow (1).json` serves as `flow.json`.
 *
 * @throws FlowFileError unless there is exactly one file for each name.
 */
export async function readUploads(uploads: ArrayLike<File>, names: readonly string[], where: string): Promise<Files> {
  const files = new Map<string, Uint8Array>();
  for (const name of names) {
    const extension = name.slice(name.lastIndexOf('.'));
    const candidates = Array.from(uploads).filter((file) => file.name.endsWith(extension));
    if (candidates.length !== 1) {
      throw new FlowFileError(where, {
        expected: `one ${extension} file among those chosen`,
        got: Array.from(uploads, (file) => file.name).join(', ') || 'no files',
        hint: `A saved model is ${names.join(' and ')}: choose both.`,
      });
    }
    files.set(name, new Uint8Array(await candidates[0].arrayBuffer()));
  }
  return files;
}
