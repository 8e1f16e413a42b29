import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  cosine,
  fit,
  FlowConfigError,
  FlowNumericsError,
  FlowShapeError,
  loadFlow,
  loadSymmetricFlow,
  MLPField,
  Normal,
  RandomStream,
  ready,
  SymmetricFlow,
  symmetricFlowMatching,
  FlowFileError,
  type Objective,
  type SymmetricFlowMatchingOptions,
  type SymmetricFlowOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { FormulaField } from '../support/formula-field.js';

const stream = new RandomStream('symmetric');

/** Points on two moons, as in `twoMoons`, and on which: the code is 1 for the upper one, -1 for the lower. */
function labelledMoons(n: number, seed: string): { readonly x: Float32Array; readonly codes: Float32Array } {
  const own = new RandomStream(seed);
  const x = new Float32Array(2 * n);
  const codes = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const angle = Math.PI * own.next();
    const upper = own.nextInteger(2) === 0;
    codes[i] = upper ? 1 : -1;
    x[2 * i] = 2 * ((upper ? Math.cos(angle) : 1 - Math.cos(angle)) + 0.1 * own.nextNormal() - 0.5);
    x[2 * i + 1] = 2 * ((upper ? Math.sin(angle) : 0.5 - Math.sin(angle)) + 0.1 * own.nextNormal() - 0.25);
  }
  return { x, codes };
}

/** The code of the point of `among` that is nearest to each point. */
function nearestCodes(points: ArrayLike<number>, among: { x: Float32Array; codes: Float32Array }): number[] {
  return Array.from({ length: points.length / 2 }, (_, i) => {
    let [least, code] = [Infinity, 0];
    for (let j = 0; j < among.codes.length; j++) {
      const distance = (points[2 * i] - among.x[2 * j]) ** 2 + (points[2 * i + 1] - among.x[2 * j + 1]) ** 2;
      if (distance < least) [least, code] = [distance, among.codes[j]];
    }
    return code;
  });
}

const shareOf = (found: ArrayLike<number>, wanted: (i: number) => number) =>
  Array.from(found).filter((code, i) => Math.sign(code) === wanted(i)).length / found.length;

/** Two features and one label, both moved by known rates. */
const known = (options: Partial<SymmetricFlowOptions> = {}) =>
  new SymmetricFlow({
    field: new FormulaField([3], (t, z) => tf.add(tf.mul(tf.onesLike(z), [1, 2, 4]), tf.mul(t, [0, 0, 2]))),
    labels: 1,
    ...options,
  });

onEachBackend(test, 'the loss is that of both halves, which move in opposite directions', (t) => {
  let seen: Tensor[] = [];
  const field = new FormulaField([3], (time, z) => {
    seen = [time, z].map((tensor) => tf.keep(tf.clone(tensor)));
    return tf.zerosLike(z);
  });
  using model = new SymmetricFlow({ field, labels: 1, labelWidth: 0.5, labelScale: 3 });
  tf.tidy(() => {
    const x = stream.normalTensor([6, 2]);
    const labels = tf.tensor2d([[1], [-1], [1], [1], [-1], [-1]]);
    const own = new RandomStream('step');
    const loss = symmetricFlowMatching()(model, { x, context: labels }, own);
    const [time, point] = seen;
    const noise = own.split('noise').normalTensor([6, 3]);
    const [noiseX, noiseY] = model.separate(noise);
    const y = model.embedLabels(labels, own.split('labels'));
    const spread = tf.sub(tf.div(y, 3), labels).dataSync();
    t.true(spread.every((part) => Math.abs(part) <= 0.25 + 1e-6) && new Set(spread).size === 6);
    const rest = tf.sub(1, time);
    assertClose(t, model.separate(point)[0], tf.add(tf.mul(rest, noiseX), tf.mul(time, x)), 1e-6, 'features');
    assertClose(t, model.separate(point)[1], tf.add(tf.mul(rest, y), tf.mul(time, noiseY)), 1e-6, 'labels');
    const [errorX, errorY] = [tf.sub(x, noiseX), tf.div(tf.sub(noiseY, y), 3)].map((error) =>
      tf.sum(tf.square(error), 1),
    );
    const squares = tf.add(errorX, errorY);
    assertClose(t, loss, tf.mean(squares), 1e-5, 'loss');
    tf.dispose(seen);
  });
});

onEachBackend(test, 'draws go with the field from labels, readings against it from features', (t) => {
  using model = known({ labelWidth: 0, solver: { method: 'midpoint', steps: 4 } });
  tf.tidy(() => {
    const drawn = model.sample(5, { seed: 'draws', context: tf.tensor1d([7]) });
    const noise = new RandomStream('draws').normalTensor([5, 2]);
    assertClose(t, drawn, tf.add(noise, [1, 2]), 1e-5);
    const x = stream.normalTensor([2, 3, 2]);
    const labels = (steps: number) => model.readLabels(x, { seed: 'labels', steps });
    const end = tf.reshape(new RandomStream('labels').normalTensor([6, 1]), [2, 3, 1]);
    // One step of 4 + 2t at t = 1; in the limit of many, 5.
    assertClose(t, labels(1), tf.sub(end, 6), 1e-5);
    assertClose(t, labels(2), tf.sub(end, 5.5), 1e-5);
    assertClose(t, labels(100), tf.sub(end, 5.01), 1e-4);
    t.deepEqual(model.readLabels(tf.zeros([0, 2]), { seed: 0 }).shape, [0, 1]);
    t.deepEqual(model.readLabels(tf.zeros([2]), { seed: 0 }).shape, [1]);
  });
});

onEachBackend(test, 'events with channels keep labels in the last of them', (t) => {
  const field = new FormulaField([2, 2, 3], (_t, z) => tf.mul(tf.onesLike(z), [1, 2, 3]));
  using model = new SymmetricFlow({ field, labels: 2, labelWidth: 0, solver: { method: 'euler', steps: 2 } });
  t.deepEqual([model.eventShape, model.contextShape], [[2, 2, 1], [2, 2, 2]]); // prettier-ignore
  tf.tidy(() => {
    const context = stream.normalTensor([3, 2, 2, 2]);
    const drawn = model.sample(3, { seed: 0, context });
    assertClose(t, drawn, tf.add(new RandomStream(0).normalTensor([3, 2, 2, 1]), 1), 1e-5);
    t.deepEqual(model.readLabels(drawn, { seed: 0 }).shape, [3, 2, 2, 2]);
    t.is(symmetricFlowMatching()(model, { x: drawn, context }, stream).rank, 0);
  });
});

onEachBackend(test, 'draws repeat with the seed, and nothing is left behind', (t) => {
  using model = new SymmetricFlow({ field: new MLPField({ dims: 3, hidden: [16] }), labels: 1 });
  const context = tf.tensor1d([1]);
  const before = tf.memory().numTensors;
  const own = new RandomStream('a');
  const draws = ['a', 'a', 'b', own, own].map((seed) => {
    const drawn = model.sample(4, { seed, context });
    t.is(tf.memory().numTensors, before + 1);
    const labels = model.readLabels(drawn, { seed, steps: 3 });
    t.is(tf.memory().numTensors, before + 2);
    const numbers = [...drawn.dataSync(), ...labels.dataSync()];
    tf.dispose([drawn, labels]);
    return numbers;
  });
  t.deepEqual(draws[0], draws[1]);
  t.deepEqual(draws[0].slice(0, 8), draws[3].slice(0, 8));
  t.notDeepEqual(draws[0], draws[2]);
  t.notDeepEqual(draws[3], draws[4]);
  const batch = { x: stream.normalTensor([5, 2]), context: stream.normalTensor([5, 1]) };
  symmetricFlowMatching()(model, batch, stream).dispose();
  tf.dispose(batch as never);
  context.dispose();
  t.is(tf.memory().numTensors, before - 1);
});

onEachBackend(test, 'labels are scaled on the way in and back on the way out', (t) => {
  const still = new FormulaField([2], (_t, z) => tf.zerosLike(z));
  using model = new SymmetricFlow({ field: still, labels: 1, labelWidth: 0, labelScale: 5 });
  tf.tidy(() => {
    assertClose(t, model.embedLabels(tf.tensor2d([[2], [-1]]), stream), [10, -5], 1e-6);
    const labels = model.readLabels(tf.zeros([3, 1]), { seed: 's' });
    assertClose(t, labels, tf.div(new RandomStream('s').normalTensor([3, 1]), 5), 1e-6);
  });
});

test.serial('one field draws moons by their label, and tells their label in one step', async (t) => {
  await ready({ backend: 'wasm' });
  const train = labelledMoons(4000, 'train');
  const field = new MLPField({ dims: 3, seed: 'moons' });
  using model = new SymmetricFlow({ field, labels: 1, labelScale: 8 });
  await fit(
    model,
    { x: train.x, context: train.codes },
    {
      steps: 1500,
      batchSize: 256,
      learningRate: 0.01,
      schedule: cosine(),
      ema: 0.99,
      objective: symmetricFlowMatching(),
    },
  );
  const fresh = labelledMoons(1000, 'fresh');
  tf.tidy(() => {
    const found = model.readLabels(tf.tensor2d(fresh.x, [1000, 2]), { seed: 'labels' });
    const accuracy = shareOf(found.dataSync(), (i) => fresh.codes[i]);
    const byClass = [1, -1].map((code) => {
      const drawn = model.sample(500, { seed: 'draws', context: tf.tensor1d([code]) });
      return shareOf(nearestCodes(drawn.dataSync(), train), () => code);
    });
    t.log(`labels right ${accuracy}, draws of the class asked for ${byClass.join(' and ')}`);
    t.true(Math.min(accuracy, ...byClass) > 0.97, `${accuracy}, ${byClass.join(', ')}`);
  });
});

test.serial('saved and loaded it draws the same', async (t) => {
  using model = new SymmetricFlow({
    field: new MLPField({ dims: 3, hidden: [16] }),
    labels: 1,
    labelWidth: 0.5,
    labelScale: 2,
    solver: { method: 'heun2', steps: 5 },
  });
  await model.save('memory://symmetric');
  using again = await loadSymmetricFlow('memory://symmetric');
  tf.tidy(() => {
    const options = { seed: 1, context: tf.tensor1d([1]) };
    assertClose(t, again.sample(5, options), model.sample(5, options), 0);
  });
  t.deepEqual([again.labels, again.labelWidth, again.labelScale], [1, 0.5, 2]);
  await t.throwsAsync(loadFlow('memory://symmetric'), { instanceOf: FlowFileError, message: /a saved SymmetricFlow/ }); // prettier-ignore
});

test.serial('a loss that is not finite is diagnosed without a density', async (t) => {
  using model = known();
  const { x, codes } = labelledMoons(20, 'few');
  const objective: Objective = (each, batch, own) => tf.mul(symmetricFlowMatching()(each, batch, own), NaN);
  await t.throwsAsync(fit(model, { x, context: codes }, { steps: 1, objective }), { instanceOf: FlowNumericsError });
});

const field = () => new FormulaField([3], (_t, z) => z);
const BAD: [title: string, call: () => unknown, message: RegExp][] = [
  [
    'no labels',
    () => known({ labels: 0 }),
    /^SymmetricFlow.labels: expected a whole number from 1 to 2, as the field has points of shape \[3\], got 0/,
  ],
  ['labels that leave no features', () => known({ labels: 3 }), /^SymmetricFlow.labels: .* got 3/],
  ['half a label', () => known({ labels: 0.5 }), /^SymmetricFlow.labels/],
  [
    'bins of negative width',
    () => known({ labelWidth: -1 }),
    /^SymmetricFlow.labelWidth: expected zero or a positive number, got -1/,
  ],
  [
    'a method that does not exist',
    () => known({ solver: { method: 'magic' as 'euler' } }),
    /^SymmetricFlow.solver.method/,
  ],
  [
    'a field with contexts',
    () => known({ field: new FormulaField([3], (_t, z) => z, [1]) }),
    /^SymmetricFlow.field: expected a field that takes no context/,
  ],
  [
    'labels read without a seed',
    () => known().readLabels(tf.zeros([1, 2]), {} as { seed: number }),
    /^SymmetricFlow.readLabels: expected `seed`/,
  ],
  [
    'labels read in no steps',
    () => known().readLabels(tf.zeros([1, 2]), { seed: 0, steps: 0 }),
    /^SymmetricFlow.readLabels.steps: expected a positive whole number, got 0/,
  ],
  [
    'a density',
    () => known().logProb(tf.zeros([1, 2]), { context: tf.zeros([1]) }),
    /^SymmetricFlow.logProb: expected a model that has a density/,
  ],
  [
    'a temperature',
    () => known().sample(1, { seed: 0, context: tf.zeros([1]), temperature: 0.5 }),
    /^SymmetricFlow.sample: expected temperature 1/,
  ],
  [
    'a model of another kind',
    () => symmetricFlowMatching()(Normal.standard([2]), { x: tf.zeros([1, 2]), context: null }, stream),
    /^symmetricFlowMatching: expected a SymmetricFlow, got a Normal/,
  ],
  [
    'times of another kind',
    () => symmetricFlowMatching({ times: 0.5 } as unknown as SymmetricFlowMatchingOptions),
    /^symmetricFlowMatching.times: expected a function, such as uniformTimes\(\), got 0.5/,
  ],
];
for (const [title, call, message] of BAD) {
  test.serial(`refuses ${title}`, (t) => {
    t.throws(() => tf.tidy(() => void call()), { instanceOf: FlowConfigError, message });
  });
}

test.serial('refuses features and labels of another shape', async (t) => {
  using model = new SymmetricFlow({ field: field(), labels: 1 });
  tf.tidy(() => {
    t.throws(() => model.readLabels(tf.zeros([4, 3]), { seed: 0 }), { instanceOf: FlowShapeError, message: /^SymmetricFlow.readLabels: expected x of shape \[..., 2\]/ }); // prettier-ignore
    t.throws(() => model.sample(2, { seed: 0, context: tf.zeros([2]) }), { instanceOf: FlowShapeError });
    t.throws(() => model.sample(2, { seed: 0 }), { instanceOf: FlowShapeError });
  });
  const { x } = labelledMoons(10, 'few');
  await t.throwsAsync(fit(model, { x }, { steps: 1, objective: symmetricFlowMatching() }), { instanceOf: FlowShapeError }); // prettier-ignore
});
