import test from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FlowFileError, RandomStream } from '../../../src/index.js';
import { readCheckpoint } from '../../../src/io/checkpoint-file.js';
import { FileStore, type FileSystem } from '../../../src/io/stores/file-store.js';
import { temporaryFolder } from '../support.js';

const NAMES = ['a.json', 'b.bin'];

/** Two files that say the same number. */
const pair = (version: number) => new Map(NAMES.map((name) => [name, new Uint8Array(1000).fill(version)]));

/** The number that both files of a folder say. */
async function versionIn(folder: string): Promise<number> {
  const files = await new FileStore(folder, 'test').read(NAMES);
  const said = new Set([...files.values()].flatMap((bytes) => [...bytes]));
  if (said.size !== 1) throw new Error(`files of different versions: ${[...said].join(', ')}`);
  return [...said][0];
}

type Call = (...args: unknown[]) => Promise<unknown>;

/**
 * Node's file system, with every call shown to `observe` first: a call that it makes fail does not happen. Syncing is
 * only shown, to save time; closing is not shown, since the death of a process closes its files.
 */
function observed(
  observe: (call: string, path: string, data?: unknown) => void | Promise<void> = () => {},
): FileSystem {
  const file = (handle: nodeFs.FileHandle, path: string) => ({
    writeFile: async (data: Uint8Array) => (await observe('file.writeFile', path, data), handle.writeFile(data)),
    readFile: async () => (await observe('file.readFile', path), handle.readFile()),
    sync: async () => observe('file.sync', path),
    close: () => handle.close(),
  });
  return new Proxy(nodeFs, {
    get:
      (fs, name) =>
      async (path: string, ...rest: unknown[]) => {
        await observe(String(name), path);
        const result = await (Reflect.get(fs, name) as Call)(path, ...rest);
        return name === 'open' ? file(result as nodeFs.FileHandle, path) : result;
      },
  });
}

class Crash extends Error {}

/** A process that dies at its `step`-th call: that call and all later ones do not happen, or the last one by half. */
function dyingAt(step: number, { torn = false } = {}): { fs: FileSystem; died: () => boolean } {
  let calls = 0;
  let dead = false;
  const fs = observed((call, path, data) => {
    if (!dead && calls++ < step) return;
    if (!dead && torn && call === 'file.writeFile') writeFileSync(path, (data as Uint8Array).subarray(0, 500));
    dead = true;
    throw new Crash();
  });
  return { fs, died: () => dead };
}

for (const torn of [false, true]) {
  test(`dying at any step of a save leaves the old files or the new${torn ? ', a file half written too' : ''}`, async (t) => {
    const seen = new Set<number>();
    for (let step = 0; ; step++) {
      const folder = join(temporaryFolder(t), 'model');
      await new FileStore(folder, 'test', observed()).write(pair(1));
      const { fs, died } = dyingAt(step, { torn });
      const outcome = await new FileStore(folder, 'test', fs).write(pair(2)).catch((error: unknown) => error);
      if (!died()) break;
      t.true(outcome instanceof Crash);
      const survivor = await versionIn(folder);
      seen.add(survivor);
      t.true(survivor === 1 || survivor === 2, `step ${step}`);
      // The next save, dying at each of its own steps, keeps that promise and cleans up.
      for (let again = 0; ; again++) {
        const second = dyingAt(again, { torn });
        await new FileStore(folder, 'test', second.fs).write(pair(3)).catch(() => {});
        const version = await versionIn(folder);
        t.true(second.died() ? version === survivor || version === 3 : version === 3, `steps ${step}, ${again}`);
        if (!second.died()) break;
        if (version === 3) await new FileStore(folder, 'test', observed()).write(pair(survivor));
      }
      t.deepEqual(readdirSync(folder).sort(), NAMES);
    }
    t.deepEqual([...seen].sort(), [1, 2]);
  });
}

test('dying at any step of the first save leaves nothing to load, or all of it', async (t) => {
  for (let step = 0; ; step++) {
    const folder = join(temporaryFolder(t), 'deep', 'model');
    const { fs, died } = dyingAt(step);
    await new FileStore(folder, 'test', fs).write(pair(1)).catch(() => {});
    const store = new FileStore(folder, 'test');
    if (await store.exists(NAMES)) t.is(await versionIn(folder), 1);
    else await t.throwsAsync(store.read(NAMES), { instanceOf: FlowFileError });
    await store.write(pair(2));
    t.is(await versionIn(folder), 2);
    t.deepEqual(readdirSync(folder).sort(), NAMES);
    if (!died()) break;
  }
});

test('everything is on disk before it becomes current', async (t) => {
  const folder = temporaryFolder(t);
  const steps: string[] = [];
  const fs = observed((call, at) => {
    const path = at.replace(folder, '').replace(/staging-[-0-9a-f]+/, 'staging');
    if (['file.writeFile', 'file.sync', 'rename', 'rmdir'].includes(call)) steps.push(`${call} ${path}`);
  });
  await new FileStore(folder, 'test', fs).write(pair(1));
  t.deepEqual(steps, [
    'file.writeFile /.staging/a.json',
    'file.sync /.staging/a.json',
    'file.writeFile /.staging/b.bin',
    'file.sync /.staging/b.bin',
    'file.sync /.staging',
    'rename /.staging',
    'file.sync ',
    'rename /.committed/a.json',
    'rename /.committed/b.bin',
    'file.sync ',
    'rmdir /.committed',
  ]);
});

test.serial('a process killed while saving, twenty times, loses nothing that it said was saved', async (t) => {
  const url = `file://${join(temporaryFolder(t), 'checkpoint')}`;
  const script = fileURLToPath(new URL('saver.js', import.meta.url));
  const delays = new RandomStream('kill').uniform(20, 0, 25);
  let saved = 0;
  for (const delay of delays) {
    const saver = spawn(process.execPath, [script, url, `${saved + 1}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    saver.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(saver.stdout, 'data');
    // A reader beside the writer never sees files that do not belong together.
    for (let i = 0; i < 3; i++) await stepIn(url);
    await new Promise((resolve) => setTimeout(resolve, delay));
    saver.kill('SIGKILL');
    await once(saver, 'close');
    const acknowledged = Number(output.trim().split('\n').at(-1));
    saved = await stepIn(url);
    t.true(saved >= acknowledged, `${acknowledged} was acknowledged, ${saved} is there`);
  }
});

async function stepIn(url: string): Promise<number> {
  const { json, tensors } = await readCheckpoint(url);
  const said = new Set(tensors.get('a')!.values);
  if (said.size !== 1 || !said.has(json as number)) throw new Error('files of different versions');
  return json as number;
}

test('saves to one folder at the same time happen one after the other', async (t) => {
  const folder = join(temporaryFolder(t), 'model');
  await Promise.all([1, 2, 3, 4].map((version) => new FileStore(folder, 'test').write(pair(version))));
  t.is(await versionIn(folder), 4);
});

test('a failed save does not block the next, and leaves no trace', async (t) => {
  const folder = join(temporaryFolder(t), 'model');
  await new FileStore(folder, 'test').write(pair(1));
  const full = observed((call) => {
    if (call === 'file.sync') throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  });
  const failing = new FileStore(folder, 'Flow.save', full).write(pair(2));
  const following = new FileStore(folder, 'test').write(pair(3));
  await t.throwsAsync(failing, {
    instanceOf: FlowFileError,
    message:
      /^Flow\.save: expected to write the folder .*, got ENOSPC \(no space .*\)\. The disk is full; what was saved/,
  });
  await following;
  t.is(await versionIn(folder), 3);
  t.deepEqual(readdirSync(folder).sort(), NAMES);
});

test('a reader that meets a writer reads again', async (t) => {
  const folder = temporaryFolder(t);
  await new FileStore(folder, 'test').write(pair(1));
  let saves = 0;
  const meddling = observed(async (call, path) => {
    // Between the first file and the second, and again before the second look at them.
    if (call === 'open' && path.endsWith('b.bin') && saves < 2) {
      saves++;
      await new FileStore(folder, 'test').write(pair(1 + saves));
    }
  });
  const files = await new FileStore(folder, 'test', meddling).read(NAMES);
  t.deepEqual(
    [...files.values()].map((bytes) => bytes[0]),
    [3, 3],
  );
});

test('a reader gives up when the files never stand still', async (t) => {
  const folder = temporaryFolder(t);
  let version = 1;
  await new FileStore(folder, 'test').write(pair(version));
  const meddling = observed(async (call, path) => {
    if (call === 'open' && path.endsWith('b.bin')) await new FileStore(folder, 'test').write(pair(++version));
  });
  await t.throwsAsync(new FileStore(folder, 'loadFlow', meddling).read(NAMES), {
    instanceOf: FlowFileError,
    message: /^loadFlow: expected .* to stay the same while it is read, got 20 changes in a row/,
  });
});

test('a folder that is not a model is not touched', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'thesis.tex'), 'x');
  await t.throwsAsync(new FileStore(folder, 'Flow.save').write(pair(1)), {
    instanceOf: FlowFileError,
    message:
      /^Flow\.save: expected an empty folder, or one with a\.json and b\.bin to replace, got .* with thesis\.tex\. /,
  });
  t.deepEqual(readdirSync(folder), ['thesis.tex']);
});

test('other files of a model folder stay', async (t) => {
  const folder = temporaryFolder(t);
  const store = new FileStore(folder, 'test');
  await store.write(pair(1));
  writeFileSync(join(folder, 'README.md'), 'mine');
  await store.write(pair(2));
  t.is(readFileSync(join(folder, 'README.md'), 'utf8'), 'mine');
  await store.remove(NAMES);
  t.deepEqual(readdirSync(folder), ['README.md']);
});

test('removing a model removes its folder; there need be none', async (t) => {
  const folder = join(temporaryFolder(t), 'model');
  const store = new FileStore(folder, 'test');
  await store.remove(NAMES);
  await store.write(pair(1));
  mkdirSync(join(folder, '.staging-old'));
  t.true(await store.exists(NAMES));
  await store.remove(NAMES);
  t.false(existsSync(folder));
  t.false(await store.exists(NAMES));
});

test('a missing folder and a missing file are named', async (t) => {
  const parent = temporaryFolder(t);
  const folder = join(parent, 'model');
  const refuses = (message: RegExp) =>
    t.throwsAsync(new FileStore(folder, 'loadFlow').read(NAMES), { instanceOf: FlowFileError, message });
  await refuses(/^loadFlow: expected a\.json in the folder .*model, got no such folder\. Relative paths/);
  mkdirSync(folder);
  await refuses(/expected a\.json in the folder .*, got an empty folder/);
  writeFileSync(join(folder, 'a.json'), '');
  await refuses(/expected b\.bin in the folder .*, got a\.json\./);
});

test('a file where the folder should be is named', async (t) => {
  const file = join(temporaryFolder(t), 'model');
  writeFileSync(file, 'x');
  for (const path of [file, join(file, 'below')]) {
    await t.throwsAsync(new FileStore(path, 'Flow.save').write(pair(1)), {
      instanceOf: FlowFileError,
      message:
        /^Flow\.save: expected to write the folder .*, got (EEXIST|ENOTDIR) .*A file stands where a folder is needed/,
    });
  }
  await t.throwsAsync(new FileStore(file, 'loadFlow').read(NAMES), { instanceOf: FlowFileError });
  t.is(readFileSync(file, 'utf8'), 'x');
});

for (const [code, hint] of [
  ['EACCES', /no permission/],
  ['EROFS', /read-only/],
] as const) {
  // prettier-ignore
  test(`a place that answers ${code} is named`, async (t) => {
    const denied = observed((call) => {
      if (call !== 'stat') throw Object.assign(new Error('denied'), { code });
    });
    const folder = temporaryFolder(t);
    const saving = new FileStore(folder, 'Flow.save', denied).write(pair(1));
    const error = await t.throwsAsync(saving, { instanceOf: FlowFileError, message: hint });
    t.is((error.cause as NodeJS.ErrnoException).code, code);
    await t.throwsAsync(new FileStore(folder, 'loadFlow', denied).read(NAMES), { message: /expected to read the folder/ });
  });
}
