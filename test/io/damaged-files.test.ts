import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { decodeSafetensors, encodeSafetensors, FlowFileError, loadFlow, ready } from '../../src/index.js';
import { smallFlow, UnitNormal } from './support.js';

const classes = [UnitNormal];

test.before(async () => {
  await ready({ backend: 'cpu' });
});

/** A sound model as files, to be damaged. */
async function soundFiles(): Promise<{ manifest: string; weights: Uint8Array<ArrayBuffer> }> {
  using flow = smallFlow();
  const folder = `memory://sound`;
  await flow.save(folder);
  const { openStore } = await import('../../src/io/stores/open.js');
  const files = await openStore(folder, 'test').read(['flow.json', 'weights.safetensors']);
  return {
    manifest: new TextDecoder().decode(files.get('flow.json')),
    weights: files.get('weights.safetensors')!.slice(),
  };
}

const asFiles = (manifest: string | Uint8Array<ArrayBuffer>, weights: Uint8Array<ArrayBuffer>) => [
  new File([manifest], 'flow.json'),
  new File([weights], 'weights.safetensors'),
];

test.serial('files cut short anywhere are refused, and nothing is left in memory', async (t) => {
  const { manifest, weights } = await soundFiles();
  const before = tf.memory().numTensors;
  const text = new TextEncoder().encode(manifest.trimEnd());
  for (let length = 0; length < text.length; length += 7) {
    const loading = loadFlow(asFiles(text.slice(0, length), weights), { classes });
    await t.throwsAsync(loading, { instanceOf: FlowFileError, message: /^loadFlow: expected JSON in flow\.json/ });
  }
  for (let length = 0; length < weights.length; length += 3) {
    const loading = loadFlow(asFiles(manifest, weights.slice(0, length)), { classes });
    await t.throwsAsync(loading, { instanceOf: FlowFileError });
  }
  t.is(tf.memory().numTensors, before);
});

test.serial('a damaged byte never gives another error than a FlowFileError, and leaks nothing', async (t) => {
  const { manifest, weights } = await soundFiles();
  const before = tf.memory().numTensors;
  const headerLength = 8 + Number(new DataView(weights.buffer).getBigUint64(0, true));
  const attempt = async (files: File[]) => {
    try {
      (await loadFlow(files, { classes })).dispose();
    } catch (error) {
      t.true(error instanceof FlowFileError, String(error));
    }
  };
  for (let at = 0; at < headerLength; at += 5) {
    const damaged = weights.slice();
    damaged[at] ^= 0xff;
    await attempt(asFiles(manifest, damaged));
  }
  const text = new TextEncoder().encode(manifest);
  for (let at = 0; at < text.length; at += 5) {
    const damaged = text.slice();
    damaged[at] ^= 0x01;
    await attempt(asFiles(damaged, weights));
  }
  t.is(tf.memory().numTensors, before);
});

interface Node {
  className: string;
  config: { base: Node | string; bijector: Node; bijectors: Node[]; [option: string]: unknown };
}

/** A description as it may be edited by hand. */
interface Json {
  format?: unknown;
  version?: unknown;
  model: Node;
  parameters: { path: string; shape: number[] }[];
  frozen: unknown;
}

const EDITS: [string, (manifest: Json) => void, RegExp][] = [
  ['another format', (m) => (m.format = 'onnx'), /expected format "tfjs-flows" in flow\.json, got "onnx"/],
  [
    'a newer version',
    (m) => Object.assign(m, { version: 2, library: '9.9.9' }),
    /version 1 in flow\.json, got 2\. It was written by tfjs-flows 9\.9\.9: update this library/,
  ],
  ['no version', (m) => delete m.version, /expected version 1 in flow\.json, got nothing/],
  [
    'no model',
    (m) => delete (m as Partial<Json>).model,
    /"model" with a "className" and a "config", in flow\.json, got nothing/,
  ],
  [
    'no list of parameters',
    (m) => (m.parameters = {} as []),
    /"parameters": a list of paths with shapes, in flow\.json, got \{\}/,
  ],
  ['frozen modules that are no list', (m) => (m.frozen = 'base'), /"frozen": a list of paths/],
  ['frozen modules that are not there', (m) => (m.frozen = ['base.x']), /frozen modules of Flow, got "base\.x"/],
  [
    'an unknown class',
    (m) => (m.model.config.bijector.className = 'Novel'),
    /a class of this library, or one passed in `classes`, at model\.bijector, got "Novel"/,
  ],
  ['a class that hides in Object', (m) => (m.model.className = 'constructor'), /got "constructor"/],
  [
    'options that a class refuses',
    (m) => (m.model.config.bijector.config.bijectors[1].config.permutation = [0, 0, 2]),
    /options that Permute accepts at model\.bijector\.bijectors\.1, got "Permute: expected a rearrangement/,
  ],
  [
    'options of the wrong type',
    (m) => (m.model.config.bijector.config.bijectors[2].config.scale = 'x'),
    /options that Affine accepts at model\.bijector\.bijectors\.2/,
  ],
  [
    'options that are missing',
    (m) => (m.model.config = {} as Node['config']),
    /options that Flow accepts at model, got/,
  ],
  ['a layer of another kind', (m) => (m.model.config.base = 'normal'), /options that Flow accepts at model/],
  [
    'layers that do not meet',
    (m) => ((m.model.config.base as Node).config.dims = 4),
    /options that Flow accepts at model, got "Flow: expected a base with events of shape \[3\]/,
  ],
  [
    'a layer less than weights',
    (m) => m.model.config.bijector.config.bijectors.pop(),
    /expected a parameter of Flow, got "bijector\.2\.shift"\. The options in the file do not fit its weights/,
  ],
  [
    'a parameter less than weights',
    (m) => m.parameters.pop(),
    /expected only what flow\.json lists, got "bijector\.2\.sign"/,
  ],
  [
    'a parameter more than weights',
    (m) => m.parameters.push({ path: 'x', shape: [] }),
    /expected "x" of shape \[\] in weights\.safetensors, got nothing/,
  ],
  [
    'a parameter of another shape',
    (m) => (m.parameters[0].shape = [1, 3]),
    /"bijector\.0\.shift" of shape \[1, 3\] in weights\.safetensors, got \[3\]/,
  ],
];

for (const [title, edit, message] of EDITS) {
  test.serial(`refused: ${title}`, async (t) => {
    const { manifest, weights } = await soundFiles();
    const before = tf.memory().numTensors;
    const edited = JSON.parse(manifest) as Json;
    edit(edited);
    await t.throwsAsync(loadFlow(asFiles(JSON.stringify(edited), weights), { classes }), {
      instanceOf: FlowFileError,
      message,
    });
    t.is(tf.memory().numTensors, before);
  });
}

for (const text of ['', 'null', '3', '[]', '"x"', '<!doctype html>', '{"format":"tfjs-flows"}']) {
  test.serial(`refused as flow.json: ${text || 'nothing'}`, async (t) => {
    const { weights } = await soundFiles();
    await t.throwsAsync(loadFlow(asFiles(text, weights)), { instanceOf: FlowFileError, message: /in flow\.json/ });
  });
}

test.serial('a config nested without end is refused', async (t) => {
  const { manifest, weights } = await soundFiles();
  for (const depth of [1000, 2000, 4000, 8000, 100_000]) {
    const deep = '['.repeat(depth) + ']'.repeat(depth);
    const text = manifest.replace('"dims": 3', `"dims": ${deep}`);
    t.not(text, manifest);
    await t.throwsAsync(loadFlow(asFiles(text, weights), { classes }), { instanceOf: FlowFileError });
  }
});

test.serial('weights that are not finite, of another shape, missing or unknown are named', async (t) => {
  const { manifest, weights } = await soundFiles();
  const before = tf.memory().numTensors;
  const { tensors } = decodeSafetensors(weights);
  const refuses = async (path: string, tensor: { shape: number[]; values: Float32Array } | null, message: RegExp) => {
    const changed = new Map(tensors);
    if (tensor) changed.set(path, tensor);
    else changed.delete(path);
    const loading = loadFlow(asFiles(manifest, encodeSafetensors(changed)), { classes });
    await t.throwsAsync(loading, { instanceOf: FlowFileError, message });
  };
  const path = 'bijector.2.logScale';
  await refuses(
    path,
    { shape: [3], values: Float32Array.of(1, 2, Infinity) },
    /finite numbers in "bijector\.2\.logScale", got Infinity at index 2/,
  );
  await refuses(path, { shape: [3], values: Float32Array.of(NaN, 2, 3) }, /got NaN at index 0/);
  await refuses(
    path,
    { shape: [3, 1], values: new Float32Array(3) },
    /"bijector\.2\.logScale" of shape \[3\] .*, got \[3, 1\]/,
  );
  await refuses(path, null, /"bijector\.2\.logScale" of shape \[3\] .*, got nothing/);
  await refuses('other', { shape: [], values: new Float32Array(1) }, /only what flow\.json lists, got "other"/);
  t.is(tf.memory().numTensors, before);
});
