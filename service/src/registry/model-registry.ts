import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { FlowConfigError } from 'tfjs-flows';
import { DensityEstimator, type ModelDescription } from '../estimator/density-estimator.js';
import { checkModelName } from './model-name.js';

/** A version of a model. Versions count from 1 and are never given twice. */
export interface ModelVersion {
  readonly name: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Where it lies; of the registry alone. */
  readonly folder: string;
  readonly description: ModelDescription;
}

interface Row {
  readonly name: string;
  readonly version: number;
  readonly created_at: number;
  readonly folder: string;
  readonly description: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS versions (
    name TEXT NOT NULL, version INTEGER NOT NULL, created_at INTEGER NOT NULL,
    folder TEXT NOT NULL, description TEXT NOT NULL, origin TEXT UNIQUE,
    PRIMARY KEY (name, version)
  );
  CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY, last_version INTEGER NOT NULL);
`;

/**
 * Models in a folder, by name and version: files in folders of their own, what is known of them in a SQLite database. A model is in
 * the registry from the moment in which its row is written, by then its files are whole and on the disk; it is gone when its row is.
 * Folders without a row, which a crash leaves behind, go when the registry is opened. One process at a time may hold it.
 */
export class ModelRegistry {
  readonly #folder: string;
  readonly #database: sqlite.Database;

  private constructor(folder: string, database: sqlite.Database) {
    this.#folder = folder;
    this.#database = database;
  }

  /** Opens the registry of a folder, made where it is not there. The caller holds the folder (see `lockFolder`). */
  static async open(folder: string): Promise<ModelRegistry> {
    await mkdir(join(folder, 'models'), { recursive: true });
    const path = join(folder, 'registry.sqlite');
    // The lock of a process that was killed: the caller holds the folder, so nobody else has the database.
    rmSync(`${path}.lock`, { recursive: true, force: true });
    const database = new sqlite.Database(path);
    database.exec('PRAGMA synchronous = FULL');
    database.exec(SCHEMA);
    const registry = new ModelRegistry(folder, database);
    await registry.#tidy();
    return registry;
  }

  /**
   * Takes in the model of a folder, which moves. With an `origin`, such as a job, that has brought a model already, nothing is taken
   * in, and that version is returned.
   *
   * @throws FlowConfigError for a name that is none; FlowFileError for a folder that is no whole model.
   */
  async publish(name: string, source: string, origin: string | null = null): Promise<ModelVersion> {
    checkModelName('ModelRegistry.publish', name);
    const before = origin === null ? null : this.#row('SELECT * FROM versions WHERE origin = ?', [origin]);
    if (before) return this.#versionOf(before);
    const description = await describe(source);
    const folder = `${name}-${randomUUID()}`;
    const place = join(this.#folder, 'models', folder);
    await syncTree(source);
    await rename(source, place);
    await syncFolder(join(this.#folder, 'models'));
    const version = this.#transaction(() => {
      const last = this.#database.get('SELECT last_version FROM names WHERE name = ?', [name]) as { last_version: number } | null; // prettier-ignore
      const next = (last?.last_version ?? 0) + 1;
      this.#database.run('INSERT INTO names VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET last_version = excluded.last_version', [name, next]); // prettier-ignore
      this.#database.run('INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?)', [name, next, Date.now(), folder, JSON.stringify(description), origin]); // prettier-ignore
      return next;
    });
    return this.get(name, version)!;
  }

  /** A version, the last where none is named; null where there is none. */
  get(name: string, version?: number): ModelVersion | null {
    const row =
      version === undefined
        ? this.#row('SELECT * FROM versions WHERE name = ? ORDER BY version DESC LIMIT 1', [name])
        : this.#row('SELECT * FROM versions WHERE name = ? AND version = ?', [name, version]);
    return row && this.#versionOf(row);
  }

  /** All versions of all models, or of one, by name and version. */
  list(name?: string): ModelVersion[] {
    const rows =
      name === undefined
        ? this.#database.all('SELECT * FROM versions ORDER BY name, version')
        : this.#database.all('SELECT * FROM versions WHERE name = ? ORDER BY version', [name]);
    return (rows as unknown as Row[]).map((row) => this.#versionOf(row));
  }

  /** Deletes a version, or all of a model. Returns how many went. */
  async delete(name: string, version?: number): Promise<number> {
    const gone = version === undefined ? this.list(name) : [this.get(name, version) ?? []].flat();
    this.#transaction(() => {
      for (const each of gone) this.#database.run('DELETE FROM versions WHERE name = ? AND version = ?', [each.name, each.version]); // prettier-ignore
    });
    for (const { folder } of gone) await rm(folder, { recursive: true, force: true });
    return gone.length;
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  /** Removes folders without a row, and rows whose folder somebody took away. */
  async #tidy(): Promise<void> {
    const rows = this.#database.all('SELECT * FROM versions') as unknown as Row[];
    const known = new Set(rows.map(({ folder }) => folder));
    for (const name of await readdir(join(this.#folder, 'models'))) {
      if (!known.has(name)) await rm(join(this.#folder, 'models', name), { recursive: true, force: true });
    }
    for (const { name, version, folder } of rows) {
      if (existsSync(join(this.#folder, 'models', folder))) continue;
      this.#database.run('DELETE FROM versions WHERE name = ? AND version = ?', [name, version]);
    }
  }

  #transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #row(query: string, values: (string | number)[]): Row | null {
    return this.#database.get(query, values) as unknown as Row | null;
  }

  #versionOf({ name, version, created_at, folder, description }: Row): ModelVersion {
    return {
      name,
      version,
      createdAt: Number(created_at),
      folder: join(this.#folder, 'models', folder),
      description: JSON.parse(description) as ModelDescription,
    };
  }
}

/** Reads the whole model, so that none that is damaged comes in. */
async function describe(folder: string): Promise<ModelDescription> {
  if (!existsSync(folder)) throw new FlowConfigError('ModelRegistry.publish', { expected: 'the folder of a model', got: folder }); // prettier-ignore
  using estimator = await DensityEstimator.load(folder);
  return estimator.describe();
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await syncFolder(join(entry.parentPath, entry.name));
  }
  await syncFolder(folder);
}

/** Files too: what is in them, or which they are, comes to the disk. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
