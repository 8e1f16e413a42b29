import { FlowFileError } from '../../errors.js';
import type { Files, ModelStore } from './store.js';

const places = new Map<string, Files>();

/** `memory://name`: files kept in this process alone, for tests and examples. */
export class MemoryStore implements ModelStore {
  constructor(
    private readonly name: string,
    private readonly where: string,
  ) {}

  async read(names: readonly string[]): Promise<Files> {
    const files = places.get(this.name);
    return new Map(
      names.map((name) => {
        const bytes = files?.get(name);
        if (!bytes) {
          throw new FlowFileError(this.where, {
            expected: `${name} in memory://${this.name}`,
            got: files ? [...files.keys()].join(', ') : 'nothing saved under this name',
          });
        }
        return [name, bytes.slice()];
      }),
    );
  }

  async write(files: Files): Promise<void> {
    places.set(this.name, new Map([...files].map(([name, bytes]) => [name, bytes.slice()])));
  }

  async exists(names: readonly string[]): Promise<boolean> {
    return names.every((name) => places.get(this.name)?.has(name));
  }

  async remove(): Promise<void> {
    places.delete(this.name);
  }
}
