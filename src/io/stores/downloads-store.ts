import { FlowFileError } from '../../errors.js';
import type { Files, ModelStore } from './store.js';

/**
 * `downloads://name`: hands the files to the user of a browser as downloads, `name.flow.json` and
 * `name.weights.safetensors`; without a name, `flow.json` and `weights.safetensors`. Write only.
 */
export class DownloadsStore implements ModelStore {
  constructor(
    private readonly name: string,
    private readonly where: string,
  ) {}

  async write(files: Files): Promise<void> {
    if (typeof document === 'undefined') {
      throw new FlowFileError(this.where, {
        expected: 'a page to download from',
        got: `downloads://${this.name} outside of one`,
        hint: 'In Node use "file://folder".',
      });
    }
    for (const [name, bytes] of files) {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([bytes.slice()]));
      link.download = this.name ? `${this.name}.${name}` : name;
      link.click();
      // The browser reads the data after the click has returned.
      setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_AFTER_MS);
    }
  }

  read(): Promise<Files> {
    return this.#refuse();
  }

  exists(): Promise<boolean> {
    return this.#refuse();
  }

  remove(): Promise<void> {
    return this.#refuse();
  }

  async #refuse(): Promise<never> {
    throw new FlowFileError(this.where, {
      expected: 'a place that can be read',
      got: `downloads://${this.name}`,
      hint: 'Pass the downloaded files themselves, as File objects.',
    });
  }
}

const REVOKE_AFTER_MS = 60_000;
