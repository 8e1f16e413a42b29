import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import {
  Chain,
  decodeSafetensors,
  exportWeights,
  Flow,
  FlowConfigError,
  FlowNumericsError,
  importWeights,
  maf,
  MLPEmbedding,
  Normal,
  ready,
  realNvp,
  splineAutoregressiveFlow,
  splineCouplingFlow,
  StudentT,
  type PeerName,
} from '../../../src/index.js';
import { BORN_HERE, bornHere } from './born-here.js';
import { distance, goldenModel, GOLDEN_NAMES, importGolden } from './support.js';

/** Flows of this library have the densities over there that they have here. */

test.before(() => ready({ backend: 'wasm' }));

interface Densities {
  readonly x: number[][];
  readonly context: number[][] | null;
  readonly log_prob: number[];
}

const DENSITIES = JSON.parse(readFileSync(join('test', 'golden', 'interchange', 'born-here.json'), 'utf8')) as Record<string, Densities>; // prettier-ignore

for (const [name, { library }] of Object.entries(BORN_HERE)) {
  // One after the other, as they count tensors.
  test.serial(`${name}: ${library} finds the densities of an exported flow, and it comes back`, async (t) => {
    const { x, context, log_prob: logProb } = DENSITIES[name];
    const before = tf.memory().numTensors;
    const flow = bornHere(name);
    const files = await exportWeights(flow, library);
    const again = importWeights({ map: JSON.stringify(files.map), weights: files.weights });
    for (const one of [flow, again]) t.true(distance(one, { x, context, logProb }) < 1e-5, `${distance(one, { x, context, logProb })}`); // prettier-ignore
    flow.dispose();
    again.dispose();
    t.is(tf.memory().numTensors, before);
  });
}

for (const name of GOLDEN_NAMES) {
  test(`${name}: what came in goes out as it was`, async (t) => {
    const model = goldenModel(name);
    const flow = importGolden(model);
    const { map, weights } = await exportWeights(flow, model.map.library);
    const again = importWeights({ map, weights });
    t.true(distance(again, model) < 1e-5);
    // An LU layer of normflows holds a permutation, which is a layer of its own here.
    if (map.layers.length === model.map.layers.length) t.deepEqual(changed(weights, model.weights), []);
    else t.true(model.map.layers.some((layer) => layer.class === 'LULinearPermute'));
    flow.dispose();
    again.dispose();
  });
}

const residual = { width: 8 };
const REFUSED: readonly [what: string, library: PeerName, build: () => Flow, got: RegExp][] = [
  ['tanh-bounded scale', 'nflows', () => realNvp({ dims: 2, layers: 1, residual }), /Coupling with ElementwiseAffine and ResidualNet at bijector\.0/], // prettier-ignore
  ['MLP', 'nflows', () => splineCouplingFlow({ dims: 2, layers: 1 }), /Coupling with RationalQuadraticSpline and MLP/],
  ['masked network with a context', 'nflows', () => maf({ dims: 2, layers: 1, residual, scale: 'inverseSoftplus', contextShape: [1] }), /Autoregressive with .* and MaskedResidualNet/], // prettier-ignore
  ['hidden layers of several widths', 'nflows', () => maf({ dims: 2, layers: 1, hidden: [4, 5], scale: 'inverseSoftplus' }), /Autoregressive/], // prettier-ignore
  ['spline of other libraries', 'zuko', () => splineAutoregressiveFlow({ dims: 2, layers: 1 }), /Autoregressive with RationalQuadraticSpline/], // prettier-ignore
  ['LU layer', 'zuko', () => realNvp({ dims: 2, layers: 2, mixing: 'lu', scale: 'inverseExp' }), /LULinear at bijector\.2/], // prettier-ignore
  ['feed-forward masked networks', 'normflows', () => splineAutoregressiveFlow({ dims: 2, layers: 1 }), /Autoregressive/], // prettier-ignore
  ['whitening layer', 'normflows', () => splineCouplingFlow({ dims: 2, layers: 1, residual, standardize: 'pca' }), /Whitening/], // prettier-ignore
  ['base of heavy tails', 'nflows', () => maf({ dims: 2, layers: 1, base: new StudentT({ eventShape: [2], df: 5 }) }), /a base of class StudentT/], // prettier-ignore
  ['embedding', 'zuko', () => realNvp({ dims: 2, layers: 1, embedding: new MLPEmbedding({ contextShape: [1], outputs: 3, hidden: [4] }) }), /an embedding, MLPEmbedding/], // prettier-ignore
];

for (const [what, library, build, got] of REFUSED) {
  test(`${library} has no ${what}, and the error says where it is`, async (t) => {
    const flow = build();
    const error = await t.throwsAsync(exportWeights(flow, library), { instanceOf: FlowConfigError, message: got });
    t.regex(error.message, new RegExp(`parts that ${library} has`));
    flow.dispose();
  });
}

test('a layer that leaves out the context of the others is refused', async (t) => {
  const [conditional, plain] = [[1], null].map((contextShape) =>
    maf({ dims: 2, layers: 1, hidden: [4], scale: 'inverseExp', standardize: false, contextShape }),
  );
  const bijectors = [conditional, plain].map((flow) => flow.takeApart().bijector);
  const flow = new Flow({ base: Normal.standard([2]), bijector: new Chain({ bijectors }) });
  await t.throwsAsync(exportWeights(flow, 'zuko'), { instanceOf: FlowConfigError, message: /bijector\.1\.0, which leaves out the context/ }); // prettier-ignore
  flow.dispose();
});

test('a flow that diverged or was disposed is refused', async (t) => {
  const flow = maf({ dims: 2, layers: 1, hidden: [4], scale: 'inverseExp' });
  const [first] = flow.trainableVariables;
  tf.tidy(() => first.assign(tf.fill(first.shape, NaN)));
  await t.throwsAsync(exportWeights(flow, 'zuko'), { instanceOf: FlowNumericsError, message: /exportWeights: expected finite numbers/ }); // prettier-ignore
  flow.dispose();
  await t.throwsAsync(exportWeights(flow, 'zuko'), { instanceOf: FlowConfigError, message: /a disposed flow/ });
});

test('an unknown library is refused', async (t) => {
  const flow = maf({ dims: 2, layers: 1, hidden: [4] });
  const library = 'jax' as PeerName;
  await t.throwsAsync(exportWeights(flow, library), { instanceOf: FlowConfigError, message: /'nflows', 'zuko', 'normflows', got 'jax'/ }); // prettier-ignore
  flow.dispose();
});

/** Names of tensors that are no longer what they were, connections apart that a mask takes out. */
function changed(sent: Uint8Array, came: Uint8Array): string[] {
  const [now, before] = [sent, came].map((bytes) => decodeSafetensors(bytes).tensors);
  const names = [...before.keys()].filter((name) => !/\.(mask|data_dep_init_done)$/.test(name));
  return names.filter((name) => {
    const mask = before.get(name.replace(/weight$/, 'mask'));
    const { shape, values } = before.get(name)!;
    // Dropout goes out as none, and what stands behind it moves up.
    const own = now.get(name) ?? now.get(name.replace('.net.5.', '.net.4.'));
    if (own?.shape.join() !== shape.join()) return true;
    return values.some((value, i) => {
      const seen = mask && name.endsWith('weight') ? value * mask.values[i] : value;
      return !(Math.abs(own.values[i] - seen) < 1e-6 * Math.max(1, Math.abs(seen)));
    });
  });
}
