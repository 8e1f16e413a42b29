import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  AngularCentralGaussian,
  BodyTransformer,
  EinsteinCrystal,
  fit,
  FlowConfigError,
  FlowDataError,
  FlowShapeError,
  loadFlow,
  Mixture,
  ready,
  rigidBodyFlow,
  rotationFlow,
  RigidBodyCoupling,
  SymmetrizedMoebius,
  UniformBodies,
  UniformSphere,
  type Flow,
  type RigidBodyFlowOptions,
  type RotationMap,
} from '../../src/index.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

await ready({ backend: 'wasm' }); // the bases below hold tensors

const MAPS: readonly RotationMap[] = ['convex', 'spline', 'moebius'];
const HAAR = 2 * Math.PI ** 2;
const TINY = { layers: 2, components: 3, bins: 4, hidden: [8], seed: 'rotations' };

async function reloaded(flow: Flow): Promise<Flow> {
  const { href } = pathToFileURL(join(mkdtempSync(join(tmpdir(), 'rotations-')), 'model'));
  await flow.save(href);
  return loadFlow(href);
}

for (const transform of MAPS) {
  test(`rotationFlow of ${transform} maps: a density of rotations, both ways, saved and loaded`, async (t) => {
    using flow = rotationFlow({ ...TINY, transform });
    perturb(flow, 'weights');
    tf.tidy(() => {
      const q = new UniformSphere({ dims: 4 }).sample(2000, { seed: 'points' });
      const logProb = flow.logProb(q);
      assertClose(t, flow.logProb(tf.neg(q)), logProb, 2e-5, 'q and -q');
      const densities = Array.from(tf.mul(tf.exp(logProb), HAAR).dataSync());
      const mean = densities.reduce((sum, value) => sum + value, 0) / densities.length;
      const variance = densities.reduce((sum, value) => sum + (value - mean) ** 2, 0) / densities.length;
      t.true(variance > 1e-6, 'uniform');
      // Five standard errors: one false alarm in two million.
      t.true(Math.abs(mean - 1) < 5 * Math.sqrt(variance / densities.length), `total ${mean}`);
      const some = tf.slice(q, 0, 64);
      assertClose(t, flow.forward(flow.inverse(some)), some, 2e-5, 'round trip');
      const [draws, own] = flow.sampleAndLogProb(64, { seed: 'draws' });
      assertClose(t, flow.logProb(draws), own, 1e-4, 'density of draws');
      t.throws(() => flow.logProb(tf.ones([2, 3])), { instanceOf: FlowShapeError });
    });
    using again = await reloaded(flow);
    tf.tidy(() => {
      const q = new UniformSphere({ dims: 4 }).sample(8, { seed: 'again' });
      assertClose(t, again.logProb(q), flow.logProb(q), 0);
    });
  });
}

test('rotationFlow: with a context every map is one of it, and a formula lies in either direction', (t) => {
  using flow = rotationFlow({ ...TINY, transform: 'moebius', contextShape: [2] });
  using forward = rotationFlow({ ...TINY, direction: 'forward' });
  for (const each of [flow, forward]) perturb(each, 'weights');
  tf.tidy(() => {
    const q = new UniformSphere({ dims: 4 }).sample(8, { seed: 'points' });
    const [here, there] = [0, 3].map((value) => flow.logProb(q, { context: tf.fill([2], value) }).dataSync());
    t.notDeepEqual(here, there);
    const [draws, own] = forward.sampleAndLogProb(8, { seed: 'draws' });
    assertClose(t, forward.logProb(draws), own, 1e-4, 'density of draws');
  });
});

test('rotationFlow learns a mixture of rotations', async (t) => {
  const around = AngularCentralGaussian.around.bind(AngularCentralGaussian);
  using truth = new Mixture({ components: [around([1, 0.2, 0, 0], 0.2), around([0, 1, 1, -0.5], 0.3)] });
  const [rows, held] = ['data', 'held'].map((seed) => truth.sample(1000, { seed }));
  using flow = rotationFlow({ layers: 3, components: 6 });
  await fit(flow, rows, { steps: 120, batchSize: 200, learningRate: 0.05, seed: 'rotations' });
  tf.tidy(() => {
    const score = (logProb: tf.Tensor) => tf.mean(logProb).dataSync()[0];
    const [uniform, best, found] = [-Math.log(HAAR), score(truth.logProb(held)), score(flow.logProb(held))];
    t.log({ uniform, best, found });
    t.true(found > best - 0.15 * (best - uniform), `${found} of ${best}`);
  });
  const scaled = tf.mul(rows, 1.1);
  await t.throwsAsync(fit(flow, scaled, { steps: 1 }), { instanceOf: FlowDataError, message: /unit vectors/ });
  for (const tensor of [rows, held, scaled]) tensor.dispose();
});

const BOX = [1, 1.5, 0.8] as const;
const BODIES = { bodies: 3, box: BOX, preset: 'small', width: 8, heads: 2, seed: 'bodies' } as const;

/** Poses in the box, moved by the numbers given, exchanged as given, and with the second quaternion negated. */
function rearranged(
  x: tf.Tensor,
  by: readonly number[],
  order: readonly number[] = [0, 1, 2],
  flip = false,
): tf.Tensor {
  const offset = [...by, 0, 0, 0, 0];
  const moved = tf.add(x, offset);
  const signs = [0, 1, 2].map((i) => [1, 1, 1, ...Array<number>(4).fill(flip && i === 1 ? -1 : 1)]);
  return tf.gather(tf.mul(moved, [signs]), tf.tensor1d([...order], 'int32'), 1);
}

const drawn = (rows: number, bodies = 3) => new UniformBodies({ bodies, box: BOX }).sample(rows, { seed: 'poses' });

const FLOWS: Record<string, Partial<RigidBodyFlowOptions>> = {
  'in a box': {},
  'in a box, with auxiliaries and splines': { auxiliaries: 2, rotations: 'spline' },
  'in free space': { box: null, base: new EinsteinCrystal({ sites: [[0, 0, 0], [1, 0, 0], [0, 1, 0]], spread: 0.1 }) }, // prettier-ignore
};

for (const [name, options] of Object.entries(FLOWS)) {
  test(`rigidBodyFlow ${name}: both ways, the same for q and -q, saved and loaded`, async (t) => {
    using flow = rigidBodyFlow({ ...BODIES, ...options });
    perturb(flow, 'weights');
    const x = flow.base.sample(8, { seed: 'poses' });
    tf.tidy(() => {
      const [y, logDet] = flow.bijector.forwardAndLogDet(x);
      const [back, negative] = flow.bijector.inverseAndLogDet(y);
      assertClose(t, back, x, 3e-4, 'round trip');
      assertClose(t, tf.neg(negative), logDet, 1e-3, 'volume');
      if (options.auxiliaries) return;
      assertClose(t, flow.logProb(rearranged(y, [0, 0, 0], [0, 1, 2], true)), flow.logProb(y), 2e-5, 'q and -q');
      if (options.box === null) return;
      for (const axis of [0, 1, 2]) {
        const once = [0, 0, 0].with(axis, -BOX[axis]);
        assertClose(t, flow.logProb(rearranged(y, once)), flow.logProb(y), 5e-5, `periodic along ${axis}`);
      }
    });
    using again = await reloaded(flow);
    assertClose(t, again.logProb(x), flow.logProb(x), 0);
    x.dispose();
  });
}

test('a density of bodies has neither step nor kink at the edge of the box', (t) => {
  using flow = rigidBodyFlow(BODIES);
  perturb(flow, 'weights');
  tf.tidy(() => {
    const x = drawn(8);
    for (const axis of [0, 1, 2]) {
      const inside = tf.concat([tf.slice(x, [0, 0, 0], [-1, -1, axis]), tf.zeros([8, 3, 1]), tf.slice(x, [0, 0, axis + 1], [-1, -1, -1])], 2); // prettier-ignore
      const at = (offset: number) => tf.add(inside, [0, 0, 0, 0, 0, 0, 0].with(axis, offset));
      const ends = [1e-5, BOX[axis] - 1e-5].map(at);
      assertClose(t, flow.logProb(ends[0]), flow.logProb(ends[1]), 1e-3, 'value');
      const [low, high] = ends.map((y) => tf.grad((z: tf.Tensor) => tf.sum(flow.logProb(z)))(y));
      assertClose(t, low, high, 1e-2, 'slope');
    }
  });
});

test('couplings of bodies that are alike commute with exchanges and common moves', (t) => {
  tf.tidy(() => {
    const alike = { width: 8, heads: 2, depth: 1, distinguishable: false, relative: true, seed: 'alike' };
    const coupling = new RigidBodyCoupling({
      bodies: 3,
      box: BOX,
      moves: 'rotations',
      transform: new SymmetrizedMoebius({ dims: 4 }),
      conditioner: (request) => new BodyTransformer({ ...request, ...alike }),
    });
    const every = [true, true, true];
    const view = { bodies: 3, auxiliaries: 0, box: BOX, positions: every, rotations: every, auxiliary: every };
    const network = new BodyTransformer({ view, outputs: 2, ...alike });
    for (const module of [coupling, network]) perturb(module, 'weights');
    const x = drawn(4);
    const [order, by] = [[2, 0, 1], [0.3, -0.2, 2]]; // prettier-ignore
    const exchanged = (y: tf.Tensor) => tf.gather(y, tf.tensor1d(order, 'int32'), 1);
    assertClose(t, network.apply(rearranged(x, by, order, true), null), exchanged(network.apply(x, null)), 1e-5, 'network'); // prettier-ignore
    for (const direction of ['forwardAndLogDet', 'inverseAndLogDet'] as const) {
      const [value, logDet] = coupling[direction](x);
      const [moved, same] = coupling[direction](rearranged(x, by, order, true));
      assertClose(t, moved, rearranged(value, by, order, true), 1e-5, direction);
      assertClose(t, same, logDet, 1e-5, direction);
    }
  });
});

test('rigidBodyFlow is trained on bodies, and the loss falls', async (t) => {
  const site = { spread: 0.08, orientations: [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]], rotationSpread: 0.3, box: BOX }; // prettier-ignore
  using crystal = new EinsteinCrystal({ sites: [[0.1, 0.1, 0.1], [0.5, 0.9, 0.2], [0.8, 0.4, 0.6]], ...site }); // prettier-ignore
  const rows = crystal.sample(400, { seed: 'data' });
  using flow = rigidBodyFlow({ ...BODIES, fixFirst: false });
  const before = tf.tidy(() => tf.mean(flow.logProb(rows)).dataSync()[0]);
  await fit(flow, rows, { steps: 60, batchSize: 100, learningRate: 0.01, seed: 0 });
  const after = tf.tidy(() => tf.mean(flow.logProb(rows)).dataSync()[0]);
  t.log({ before, after });
  t.true(after > before + 3, `${before} to ${after}`);
  const values = rows.dataSync().slice();
  values.fill(0, 7 + 3, 7 + 7);
  const error = await t.throwsAsync<FlowDataError>(fit(flow, values, { steps: 1 }), { instanceOf: FlowDataError });
  t.regex(error.message, /unit vectors in coordinates 3 to 6 of the last axis of data, .*0 at row 0, column 10/);
  rows.dispose();
});

test('a zero quaternion gives no NaN, whatever it means', (t) => {
  using flow = rigidBodyFlow(BODIES);
  tf.tidy(() =>
    t.false(
      flow
        .logProb(tf.zeros([1, 3, 7]))
        .dataSync()
        .some(Number.isNaN),
    ),
  );
});

test('what makes no flow of rotations or bodies is refused', (t) => {
  const refused: [build: () => unknown, message: string][] = [
    [() => rotationFlow({ layers: 0 }), 'rotationFlow: expected layers: a positive integer, got 0.'],
    [() => rotationFlow({ transform: 'linear' as never }), "rotationFlow.transform: expected 'convex' or 'moebius' or 'spline', got 'linear'."], // prettier-ignore
    [() => rotationFlow({ direction: 'both' as never }), "rotationFlow.direction: expected 'forward' or 'inverse', got 'both'."], // prettier-ignore
    [() => rotationFlow({ base: new UniformSphere({ dims: 3 }) }), 'Flow: expected a base with events of shape [4]'],
    [() => rigidBodyFlow({ ...BODIES, box: [1, -1, 1] }), 'RigidBodyCoupling.box: expected three positive lengths'],
    [() => rigidBodyFlow({ ...BODIES, box: null }), 'rigidBodyFlow: expected `base`, or a `box`'],
    [() => rigidBodyFlow({ ...BODIES, bodies: 0 }), 'rigidBodyFlow: expected bodies: a positive integer, got 0.'],
    [() => rigidBodyFlow({ ...BODIES, rotations: 'convex' as never }), "rigidBodyFlow.rotations: expected 'moebius' or 'spline', got 'convex'."], // prettier-ignore
    [() => rigidBodyFlow({ ...BODIES, preset: 'big' as never }), "rigidBodyFlow.preset: expected 'paper' or 'small', got 'big'."], // prettier-ignore
    [() => rigidBodyFlow({ ...BODIES, base: new UniformBodies({ bodies: 2, box: BOX }) }), 'Flow: expected a base with events of shape [3, 7]'], // prettier-ignore
  ];
  for (const [build, message] of refused) {
    const error = t.throws(build);
    t.true(error.message.startsWith(message), error.message);
    t.true(error instanceof FlowConfigError || error instanceof FlowShapeError);
  }
  using flow = rigidBodyFlow(BODIES);
  const four = tf.zeros([2, 4, 7]);
  t.throws(() => flow.logProb(four), { instanceOf: FlowShapeError });
  four.dispose();
});
