import { FlowFileError } from '../../errors.js';
import type { Files, ModelStore } from './store.js';

const nodeFileSystem = () => process.getBuiltinModule('node:fs').promises;

/** The part of Node's file system used here; tests pass one that fails on purpose. */
export type FileSystem = Pick<
  ReturnType<typeof nodeFileSystem>,
  'mkdir' | 'open' | 'readdir' | 'rename' | 'rm' | 'rmdir' | 'stat'
>;

/** Prefix of the folder that a write in progress fills; worthless once its writer is gone. */
const STAGING = '.staging-';
/** Folder of files that have been written in full and override those beside it. */
const COMMITTED = '.committed';

/**
 * `file://folder`: a folder on disk, in Node.
 *
 * No call replaces two files at once, so a write goes in three steps: the new files are written and synced in
 * `.staging-*` inside the folder; that is renamed to `.committed`, which makes all of them current at one stroke; then
 * they are moved up one by one. A reader looks into `.committed` first. After a crash before the rename the old files
 * are current, after it the new ones; the next write finishes what was left. Other files in the folder are not touched.
 */
export class FileStore implements ModelStore {
  readonly #fs: FileSystem;
  readonly #path = process.getBuiltinModule('node:path');
  readonly #folder: string;

  constructor(
    folder: string,
    private readonly where: string,
    fs: FileSystem = nodeFileSystem(),
  ) {
    this.#fs = fs;
    this.#folder = this.#path.resolve(folder);
  }

  async read(names: readonly string[]): Promise<Files> {
    return this.#explained('read', async () => {
      for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
        const files = new Map<string, Uint8Array>();
        const stamps: string[] = [];
        for (const name of names) {
          const found = await this.#find(name);
          if (!found) throw await this.#missing(name);
          const bytes = await tolerating(['ENOENT'], () => this.#readFile(found.path));
          if (bytes) files.set(name, bytes);
          stamps.push(found.stamp);
        }
        if (files.size === names.length && (await this.#unchanged(names, stamps))) return files;
      }
      throw new FlowFileError(this.where, {
        expected: `${this.#folder} to stay the same while it is read`,
        got: `${READ_ATTEMPTS} changes in a row`,
        hint: 'Another process keeps saving there; try again later.',
      });
    });
  }

  async write(files: Files): Promise<void> {
    await inTurn(this.#folder, () => this.#explained('write', () => this.#replace(files)));
  }

  async exists(names: readonly string[]): Promise<boolean> {
    return this.#explained('read', async () => {
      for (const name of names) if (!(await this.#find(name))) return false;
      return true;
    });
  }

  async remove(names: readonly string[]): Promise<void> {
    await inTurn(this.#folder, () =>
      this.#explained('write', async () => {
        await this.#finishCommit();
        for (const name of names) await this.#fs.rm(this.#at(name), { force: true });
        await this.#removeLeftovers();
        await tolerating(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => this.#fs.rmdir(this.#folder));
      }),
    );
  }

  async #replace(files: Files): Promise<void> {
    await this.#makeFolder();
    await this.#refuseOtherFolders([...files.keys()]);
    await this.#removeLeftovers();
    const staging = this.#at(`${STAGING}${crypto.randomUUID()}`);
    try {
      await this.#fs.mkdir(staging);
      for (const [name, bytes] of files) await this.#writeFile(this.#path.join(staging, name), bytes);
      await this.#sync(staging);
      await this.#finishCommit();
      await this.#fs.rename(staging, this.#at(COMMITTED));
    } catch (error) {
      await this.#fs.rm(staging, { recursive: true, force: true }).catch(() => {});
      throw error;
    }
    await this.#sync(this.#folder);
    await this.#finishCommit();
  }

  /** Moves committed files up to where everybody looks for them. */
  async #finishCommit(): Promise<void> {
    const committed = this.#at(COMMITTED);
    const names = await this.#list(committed);
    if (names === null) return;
    // Another process may be at the same work: whatever it has moved already is no longer here.
    for (const name of names) {
      await tolerating(['ENOENT'], () => this.#fs.rename(this.#path.join(committed, name), this.#at(name)));
    }
    await this.#sync(this.#folder);
    await tolerating(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => this.#fs.rmdir(committed));
  }

  /**
   * Deletes what interrupted writes left. Renamed first, so that a writer in another process that is still at it fails
   * when it comes to commit, instead of committing half a folder.
   */
  async #removeLeftovers(): Promise<void> {
    for (const name of (await this.#list(this.#folder)) ?? []) {
      if (!name.startsWith(STAGING)) continue;
      const doomed = this.#at(`${STAGING}${crypto.randomUUID()}`);
      await tolerating(['ENOENT'], () => this.#fs.rename(this.#at(name), doomed));
      await this.#fs.rm(doomed, { recursive: true, force: true });
    }
  }

  async #refuseOtherFolders(names: readonly string[]): Promise<void> {
    const present = ((await this.#list(this.#folder)) ?? []).filter((name) => !name.startsWith('.'));
    if (present.length === 0 || present.some((name) => names.includes(name))) return;
    throw new FlowFileError(this.where, {
      expected: `an empty folder, or one with ${names.join(' and ')} to replace`,
      got: `${this.#folder} with ${present.slice(0, 3).join(', ')}${present.length > 3 ? ', ...' : ''}`,
      hint: 'Name a folder for the model alone.',
    });
  }

  async #makeFolder(): Promise<void> {
    const topmost = await this.#fs.mkdir(this.#folder, { recursive: true });
    if (topmost === undefined) return;
    let folder = this.#folder;
    while (folder !== this.#path.dirname(topmost) && folder !== this.#path.dirname(folder)) {
      folder = this.#path.dirname(folder);
      await this.#sync(folder);
    }
  }

  async #writeFile(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#fs.open(path, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #readFile(path: string): Promise<Uint8Array> {
    const file = await this.#fs.open(path, 'r');
    try {
      return new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  }

  /** Whether all files are still those that the stamps were taken from, so that they belong together. */
  async #unchanged(names: readonly string[], stamps: readonly string[]): Promise<boolean> {
    for (const [i, name] of names.entries()) if ((await this.#find(name))?.stamp !== stamps[i]) return false;
    return true;
  }

  /** Where the current version of a file is, with a stamp that moving it does not change. */
  async #find(name: string): Promise<{ path: string; stamp: string } | null> {
    for (const path of [this.#path.join(this.#at(COMMITTED), name), this.#at(name)]) {
      const stats = await tolerating(['ENOENT', 'ENOTDIR'], () => this.#fs.stat(path, { bigint: true }));
      if (stats) return { path, stamp: `${stats.ino}/${stats.size}/${stats.mtimeNs}` };
    }
    return null;
  }

  async #missing(name: string): Promise<FlowFileError> {
    const present = await this.#list(this.#folder);
    return new FlowFileError(this.where, {
      expected: `${name} in the folder ${this.#folder}`,
      got: present === null ? 'no such folder' : present.length === 0 ? 'an empty folder' : present.join(', '),
      hint: 'Relative paths start from the current directory.',
    });
  }

  /** Makes the names in a folder durable. Windows has no such call and needs none. */
  async #sync(folder: string): Promise<void> {
    if (process.platform === 'win32') return;
    const handle = await this.#fs.open(folder, 'r');
    try {
      await tolerating(['EINVAL', 'ENOTSUP'], () => handle.sync());
    } finally {
      await handle.close();
    }
  }

  async #list(folder: string): Promise<string[] | null> {
    return tolerating(['ENOENT'], () => this.#fs.readdir(folder));
  }

  #at(name: string): string {
    return this.#path.join(this.#folder, name);
  }

  /** Turns errors of the operating system into FlowFileError. */
  async #explained<T>(verb: 'read' | 'write', work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      throw new FlowFileError(this.where, {
        expected: `to ${verb} the folder ${this.#folder}`,
        got: `${code} (${(error as Error).message})`,
        hint: HINTS[code],
        cause: error,
      });
    }
  }
}

const READ_ATTEMPTS = 20;

const HINTS: Record<string, string> = {
  EACCES: 'The process has no permission there; choose another place or change its permissions.',
  EPERM: 'The process has no permission there; choose another place or change its permissions.',
  EROFS: 'The place is read-only; choose another one.',
  ENOSPC: 'The disk is full; what was saved before is still there.',
  ENOTDIR: 'A file stands where a folder is needed; choose another place.',
  EEXIST: 'A file stands where a folder is needed, or another process saves to the same place.',
  ENOTEMPTY: 'Another process saves to the same place.',
  ENOENT: 'The folder cannot be made there, or another process saves to the same place.',
};

function codeOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** What `work` gives, or null when it fails with one of these codes. */
async function tolerating<T>(codes: readonly string[], work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (codes.includes(codeOf(error) ?? '')) return null;
    throw error;
  }
}

const turns = new Map<string, Promise<unknown>>();

/** Runs writes to the same folder one after the other. */
async function inTurn(folder: string, work: () => Promise<void>): Promise<void> {
  const turn = (turns.get(folder) ?? Promise.resolve()).then(work);
  const settled = turn.catch(() => {});
  turns.set(folder, settled);
  await turn.finally(() => turns.get(folder) === settled && turns.delete(folder));
}
