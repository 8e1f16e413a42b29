import { readFileSync } from 'node:fs';
import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { FlowConfigError, Normal, RandomStream, ready, splineCouplingFlow, type Flow } from 'tfjs-flows';
import { exportOnnx } from '../../src/index.js';
import { RECIPES } from './recipes.js';

test.before(() => ready({ backend: 'wasm' }));

const TABLE = new Map(
  [...readFileSync('docs/onnx.md', 'utf8').matchAll(/^\| `(\w+)` \| (yes)? ?\| (yes)? ?\|$/gm)].map(([, name, density, draws]) => [name, { logProb: density === 'yes', sample: draws === 'yes' }]),
); // prettier-ignore

/** Weights as after some training: away from where maps are identities. */
function stir(flow: Flow): void {
  // Images have many layers, in which it adds up.
  const size = flow.eventShape.length === 3 ? 0.005 : 0.1;
  const stream = new RandomStream('stir');
  for (const variable of flow.trainableVariables) {
    const noise = stream.normal(variable.size);
    tf.tidy(() => variable.assign(tf.add(variable, tf.mul(size, tf.tensor(noise, variable.shape)))));
  }
}

async function run(bytes: Uint8Array, inputs: Record<string, tf.Tensor>): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(bytes);
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, new Tensor('float32', tensor.dataSync(), tensor.shape)])); // prettier-ignore
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
}

function furthest(got: Float32Array, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Infinity;
  return got.reduce((most, value, i) => Math.max(most, Math.abs(value - want[i]) / Math.max(1, Math.abs(want[i]))), 0);
}

test('the table of the guide has every recipe that is looked at', (t) => {
  t.deepEqual([...TABLE.keys()], Object.keys(RECIPES));
});

for (const [name, make] of Object.entries(RECIPES)) {
  test.serial(`${name}: what can be exported gives the same elsewhere, the rest is refused`, async (t) => {
    using flow = make();
    stir(flow);
    const { logProb, sample } = TABLE.get(name)!;
    const tensors = tf.memory().numTensors;
    if (logProb) {
      const bytes = await exportOnnx(flow);
      for (const rows of [1, 6]) {
        const x = flow.sample(rows, { seed: rows });
        const want = flow.logProb(x);
        const { log_prob: got } = await run(bytes, { x });
        t.true(furthest(got, want.dataSync()) < 1e-4, `${rows} rows: ${furthest(got, want.dataSync())}`);
        tf.dispose([x, want]);
      }
    } else await t.throwsAsync(exportOnnx(flow), { instanceOf: FlowConfigError, message: /^exportOnnx: expected a computation/ }); // prettier-ignore
    if (sample) {
      const bytes = await exportOnnx(flow, { of: 'sample' });
      const z = flow.base.sample(6, { seed: 2 });
      const x = flow.forward(z);
      const want = flow.logProb(x);
      const got = await run(bytes, { z });
      t.true(furthest(got['x'], x.dataSync()) < 2e-3, `draws: ${furthest(got['x'], x.dataSync())}`);
      t.true(furthest(got['log_prob'], want.dataSync()) < 1e-3, `${furthest(got['log_prob'], want.dataSync())}`);
      tf.dispose([z, x, want]);
    } else await t.throwsAsync(exportOnnx(flow, { of: 'sample' }), { instanceOf: FlowConfigError }); // prettier-ignore
    if (logProb || sample) t.is(tf.memory().numTensors, tensors, 'no tensor is left behind');
    t.is(tf.getBackend(), 'wasm');
  });
}

test.serial('contexts are a further input', async (t) => {
  using flow = splineCouplingFlow({ dims: 2, contextShape: [3], layers: 2, hidden: [8], seed: 1 });
  stir(flow);
  const context = new RandomStream('contexts').normalTensor([5, 3]);
  const x = flow.sample(5, { seed: 1, context });
  const { log_prob: got } = await run(await exportOnnx(flow), { x, context });
  t.true(furthest(got, flow.logProb(x, { context }).dataSync()) < 1e-5);
  const z = flow.base.sample(5, { seed: 1 });
  const drawn = await run(await exportOnnx(flow, { of: 'sample' }), { z, context });
  t.true(furthest(drawn['x'], flow.forward(z, { context }).dataSync()) < 1e-5);
  tf.dispose([context, x, z]);
});

test.serial('what is no flow has densities alone; options are checked', async (t) => {
  using normal = new Normal({ loc: [1, -2], scale: [2, 0.5] });
  const x = normal.sample(4, { seed: 1 });
  const { log_prob: got } = await run(await exportOnnx(normal), { x });
  t.true(furthest(got, normal.logProb(x).dataSync()) < 1e-6);
  tf.dispose(x);
  await t.throwsAsync(exportOnnx(normal, { of: 'sample' }), { message: /expected a flow, for its draws, got Normal/ });
  await t.throwsAsync(exportOnnx(normal, { of: 'cdf' as never }), { message: /exportOnnx.of: expected logProb or sample, got cdf/ }); // prettier-ignore
});
