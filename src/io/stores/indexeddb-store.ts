import { FlowFileError } from '../../errors.js';
import type { Files, ModelStore } from './store.js';

const DATABASE = 'tfjs-flows';
const TABLE = 'models';

/** `indexeddb://name`: the browser's own storage. All files of a model are one record, written in one transaction. */
export class IndexedDBStore implements ModelStore {
  constructor(
    private readonly name: string,
    private readonly where: string,
  ) {}

  async read(names: readonly string[]): Promise<Files> {
    const files = await this.#load();
    const absent = names.find((name) => !files?.has(name));
    if (!files || absent !== undefined) {
      throw new FlowFileError(this.where, {
        expected: `${absent ?? names[0]} in indexeddb://${this.name}`,
        got: files ? [...files.keys()].join(', ') : 'nothing saved under this name',
        hint: 'Models are stored per origin: another host or port does not see them.',
      });
    }
    return new Map(names.map((name) => [name, files.get(name)!]));
  }

  async write(files: Files): Promise<void> {
    await this.#transact('readwrite', (table) => table.put(new Map(files), this.name));
  }

  async exists(names: readonly string[]): Promise<boolean> {
    const files = await this.#load();
    return files !== undefined && names.every((name) => files.has(name));
  }

  async remove(): Promise<void> {
    await this.#transact('readwrite', (table) => table.delete(this.name));
  }

  #load(): Promise<Files | undefined> {
    return this.#transact('readonly', (table) => table.get(this.name) as IDBRequest<Files | undefined>);
  }

  /** Runs one request in a transaction of its own, and waits until it is on disk. */
  async #transact<T>(mode: IDBTransactionMode, ask: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    try {
      const database = await openDatabase();
      try {
        return await new Promise<T>((resolve, reject) => {
          const transaction = database.transaction(TABLE, mode, { durability: 'strict' });
          const request = ask(transaction.objectStore(TABLE));
          transaction.oncomplete = () => resolve(request.result);
          transaction.onabort = () => reject((transaction.error ?? request.error)!);
        });
      } finally {
        database.close();
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #explain(cause: unknown): FlowFileError {
    const full = cause instanceof DOMException && cause.name === 'QuotaExceededError';
    return new FlowFileError(this.where, {
      expected: `to use the browser's storage for indexeddb://${this.name}`,
      got: String(cause),
      hint: full
        ? 'The storage is full; what was saved before is still there.'
        : 'In Node use "file://folder"; private windows may have no storage.',
      cause,
    });
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error!);
  });
}
