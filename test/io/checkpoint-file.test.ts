import test from 'ava';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlowFileError } from '../../src/errors.js';
import { checkpointExists, readCheckpoint, removeCheckpoint, writeCheckpoint } from '../../src/io/checkpoint-file.js';
import { temporaryFolder } from './support.js';

const CONTENT = {
  json: {
    step: 3,
    best: Infinity,
    last: NaN,
    sign: -0,
    stream: { key: 'a/b', words: [1, -2, 3, 2 ** 31] },
    none: null,
  },
  tensors: new Map([
    ['m.shift', { shape: [2, 2], values: Float32Array.of(1, -0, NaN, 1e-45) }],
    ['count', { shape: [], values: Float32Array.of(-Infinity) }],
    ['empty', { shape: [0, 3], values: new Float32Array(0) }],
  ]),
};

for (const scheme of ['file', 'memory']) {
  test(`a checkpoint comes back bit for bit from ${scheme}://`, async (t) => {
    const url = `${scheme}://${temporaryFolder(t)}/deep/checkpoint`;
    t.false(await checkpointExists(url));
    await writeCheckpoint(url, { json: 'older', tensors: new Map() });
    await writeCheckpoint(url, CONTENT);
    t.true(await checkpointExists(url));
    const { json, tensors } = await readCheckpoint(url);
    t.deepEqual(json, CONTENT.json);
    t.deepEqual([...tensors], [...CONTENT.tensors]);
    await removeCheckpoint(url);
    t.false(await checkpointExists(url));
  });
}

test('a checkpoint folder holds two files and nothing else', async (t) => {
  const place = temporaryFolder(t);
  await writeCheckpoint(`file://${place}`, CONTENT);
  t.deepEqual(readdirSync(place).sort(), ['checkpoint.json', 'state.safetensors']);
});

test('what is written is what stood there at the call', async (t) => {
  const values = Float32Array.of(1);
  const writing = writeCheckpoint('memory://moment', { json: {}, tensors: new Map([['a', { shape: [1], values }]]) });
  values[0] = 2;
  await writing;
  t.is((await readCheckpoint('memory://moment')).tensors.get('a')!.values[0], 1);
});

test('a missing, foreign, newer or damaged checkpoint is refused', async (t) => {
  const place = temporaryFolder(t);
  const url = `file://${place}`;
  const refuses = (message: RegExp) => t.throwsAsync(readCheckpoint(url), { instanceOf: FlowFileError, message });
  await refuses(/^readCheckpoint: expected checkpoint\.json in the folder .*, got an empty folder/);
  await writeCheckpoint(url, CONTENT);
  const description = join(place, 'checkpoint.json');
  const text = readFileSync(description, 'utf8');
  writeFileSync(description, text.replace('"version": 1', '"version": 2'));
  await refuses(/version 1, in checkpoint\.json, got "tfjs-flows-checkpoint", version 2/);
  writeFileSync(description, '[]');
  await refuses(/got "undefined"/);
  writeFileSync(description, text.slice(0, -9));
  await refuses(/expected JSON in checkpoint\.json/);
  writeFileSync(description, text);
  writeFileSync(join(place, 'state.safetensors'), 'short');
  await refuses(/expected at least 8 bytes, got 5/);
});
