import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Affine,
  ClassEmbedding,
  conditioned,
  ConditionalNormal,
  fit,
  Flow,
  FlowConfigError,
  FlowShapeError,
  gaussianizationFlow,
  maf,
  MLPEmbedding,
  Normal,
  RandomStream,
  ready,
  realNvp,
  robustSplineFlow,
  splineCouplingFlow,
  type Embedding,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

test.beforeEach(() => ready({ backend: 'wasm' }).then(() => undefined));

const SMALL = { layers: 2, hidden: [12], seed: 'conditional' } as const;

/** `Σ exp(log p)` over a grid of cells. */
function massAt(flow: Flow, context: tf.Tensor): number {
  return tf.tidy(() => {
    const [reach, cells] = [12, 145];
    const axis = tf.linspace(-reach, reach, cells);
    const grid = tf.stack(tf.meshgrid(axis, axis).map((g) => tf.reshape(g, [-1])), 1); // prettier-ignore
    const cell = ((2 * reach) / (cells - 1)) ** 2;
    return tf.sum(tf.exp(flow.logProb(grid, { context }))).dataSync()[0] * cell;
  });
}

const EMBEDDINGS: Record<string, { embedding: () => Embedding; contexts: readonly (number | number[])[] }> = {
  'a class table': { embedding: () => new ClassEmbedding({ classes: 3, width: 2 }), contexts: [0, 1, 2] },
  'a perceptron': {
    embedding: () => new MLPEmbedding({ contextShape: [2], outputs: 3, hidden: [8], activation: 'tanh' }),
    contexts: [[0, 0], [1, -2], [-3, 0.5]], // prettier-ignore
  },
};

const RECIPES = [
  ['realNvp', realNvp, {}],
  ['maf', maf, {}],
  ['splineCouplingFlow', splineCouplingFlow, {}],
  ['gaussianizationFlow', gaussianizationFlow, { components: 5 }],
  ['robustSplineFlow', robustSplineFlow, { tailBound: 2 }],
] as const;

for (const [title, { embedding, contexts }] of Object.entries(EMBEDDINGS)) {
  for (const [name, recipe, options] of RECIPES) {
    test.serial(`${name} with ${title}: the density integrates to one at each context, and depends on it`, (t) => {
      using flow = recipe({ dims: 2, ...SMALL, ...options, embedding: embedding() });
      perturb(flow, 'integral', 0.2);
      const densities = contexts.map((context) => {
        const mass = massAt(flow, tf.tensor(context));
        t.true(Math.abs(mass - 1) < 1e-2, `mass ${mass} at ${String(context)}`);
        return tf.tidy(() => flow.logProb(tf.zeros([2]), { context: tf.tensor(context) }).dataSync()[0]);
      });
      t.is(new Set(densities).size, contexts.length);
    });
  }
}

onEachBackend(test, 'a conditioned flow is the flow with the context spelt out, to the last bit', (t) => {
  using flow = splineCouplingFlow({ dims: 2, ...SMALL, contextShape: [3] });
  perturb(flow, 'view');
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([4, 2]);
    const context = new RandomStream('c').normalTensor([3]);
    const view = flow.condition(context);
    t.deepEqual([view.eventShape, view.contextShape, view.parameterCount], [[2], null, flow.parameterCount]);
    assertClose(t, view.logProb(x), flow.logProb(x, { context }), 0);
    assertClose(t, view.sample(5, { seed: 1 }), flow.sample(5, { seed: 1, context }), 0);
    const [draws, logProb] = view.sampleAndLogProb(5, { seed: 1, temperature: 0.5 });
    const [expected, expectedLogProb] = flow.sampleAndLogProb(5, { seed: 1, temperature: 0.5, context });
    assertClose(t, draws, expected, 0);
    assertClose(t, logProb, expectedLogProb, 0);
    assertClose(t, flow.condition([...context.dataSync()]).logProb(x), view.logProb(x), 0, 'numbers');
  });
});

onEachBackend(test, 'conditioned on several contexts, rows have them in turn', (t) => {
  using flow = maf({ dims: 2, ...SMALL, contextShape: [1] });
  perturb(flow, 'view');
  tf.tidy(() => {
    const contexts = tf.tensor2d([[0], [1], [-2]]);
    const x = new RandomStream('x').normalTensor([4, 3, 2]);
    using view = flow.condition(contexts);
    const each = [0, 1, -2].map((c) => flow.logProb(x, { context: tf.tensor1d([c]) }));
    const expected = tf.stack(each.map((logProb, i) => tf.squeeze(tf.slice(logProb, [0, i], [4, 1]), [1])), 1); // prettier-ignore
    assertClose(t, view.logProb(x), expected, 1e-6);
    const context = tf.tile(contexts, [2, 1]);
    assertClose(t, view.sample(6, { seed: 1 }), flow.sample(6, { seed: 1, context }), 0);
    t.throws(() => view.sample(4, { seed: 1 }), { instanceOf: FlowShapeError, message: /a multiple of 3 draws/ });
    t.throws(() => view.logProb(tf.zeros([3, 4, 2])), { instanceOf: FlowShapeError, message: /one row for each of 3 contexts/ }); // prettier-ignore
  });
});

test.serial('a view follows the training of its flow, frees its context alone, and cannot be saved', async (t) => {
  using flow = realNvp({ dims: 1, ...SMALL, contextShape: [1], standardize: false });
  const held = tf.memory().numTensors;
  const view = flow.condition([1]);
  t.is(tf.memory().numTensors, held + 1);
  const at = () => tf.tidy(() => view.logProb(tf.tensor1d([3])).dataSync()[0]);
  const before = at();
  const rows = Array.from(new RandomStream('rows').normal(200), (value) => [3 + 0.1 * value]);
  await fit(view, rows, { steps: 20, seed: 1 });
  t.true(at() > before + 0.5);
  t.throws(() => view.getConfig(), { instanceOf: FlowConfigError, message: /Save the conditional distribution/ });
  view.dispose();
  t.is(tf.memory().numTensors, held);
  t.true(Number.isFinite(tf.tidy(() => flow.logProb(tf.tensor1d([3]), { context: tf.tensor1d([1]) }).dataSync()[0])));
});

onEachBackend(test, 'contexts that are missing, of another width, or not wanted are refused', (t) => {
  using plain = realNvp({ dims: 2, ...SMALL });
  using flow = realNvp({ dims: 2, ...SMALL, contextShape: [3] });
  using embedded = realNvp({ dims: 2, ...SMALL, embedding: new MLPEmbedding({ contextShape: [3], outputs: 2 }) });
  tf.tidy(() => {
    const x = tf.zeros([4, 2]);
    t.throws(() => plain.condition([1, 2]), { instanceOf: FlowConfigError, message: /takes no context/ });
    for (const conditional of [flow, embedded]) {
      const refusal = { instanceOf: FlowShapeError };
      t.throws(() => conditional.condition([1, 2]), { ...refusal, message: /\[3\], or \[n, 3\]/ });
      for (const call of [
        () => conditional.logProb(x),
        () => conditional.forward(x),
        () => conditional.inverse(x),
        () => conditional.sample(2, { seed: 1 }),
      ]) {
        t.throws(call, { ...refusal, message: /pass `context`/ });
      }
      for (const shape of [[2], [4, 2], [3, 3]]) {
        const context = tf.zeros(shape);
        t.throws(() => conditional.logProb(x, { context }), refusal);
        t.throws(() => conditional.inverse(x, { context }), refusal);
      }
    }
  });
  t.throws(() => realNvp({ dims: 2, contextShape: [1], embedding: new ClassEmbedding({ classes: 2 }) }), {
    instanceOf: FlowConfigError,
    message: /realNvp.contextShape: expected no shape beside an embedding/,
  });
  const base = () => Normal.standard([2]);
  t.throws(() => new Flow({ base: base(), bijector: realNvp({ dims: 2 }).bijector, embedding: new ClassEmbedding({ classes: 2 }) }), { instanceOf: FlowConfigError }); // prettier-ignore
});

test.serial('an embedding of other contexts than the layers take is refused', (t) => {
  using base = new ConditionalNormal({ eventShape: [2], contextShape: [3] });
  using bijector = new Affine({ eventShape: [2] });
  using embedding = new ClassEmbedding({ classes: 2 });
  t.throws(() => new Flow({ base, bijector, embedding }), { instanceOf: FlowShapeError, message: /\[3\], as base and bijector take them/ }); // prettier-ignore
});

onEachBackend(test, 'other conditional distributions can be conditioned as well', (t) => {
  using normal = new ConditionalNormal({ eventShape: [2], contextShape: [3] });
  perturb(normal, 'normal');
  tf.tidy(() => {
    using view = conditioned(normal, [1, 2, 3]);
    const context = tf.tensor1d([1, 2, 3]);
    assertClose(t, view.logProb(tf.zeros([5, 2])), normal.logProb(tf.zeros([5, 2]), { context }), 0);
    assertClose(t, view.rsample(5, { seed: 1 }), normal.rsample(5, { seed: 1, context }), 0);
  });
});

onEachBackend(test, 'classes as one-hot contexts may be whole numbers, and do what each class alone does', (t) => {
  for (const recipe of [realNvp, robustSplineFlow, maf]) {
    using flow = recipe({ dims: 2, ...SMALL, contextShape: [3] });
    perturb(flow, 'one-hot');
    tf.tidy(() => {
      const x = new RandomStream('x').normalTensor([3, 2]);
      const whole = tf.oneHot([2, 0, 1], 3);
      t.is(whole.dtype, 'int32');
      const context = tf.cast(whole, 'float32');
      const expected = flow.logProb(x, { context });
      assertClose(t, flow.logProb(x, { context: whole }), expected, 0, recipe.name);
      const [points, pixels] = [tf.tensor2d([[1, 2], [0, -1], [3, 1]]), tf.tensor2d([[1, 2], [0, -1], [3, 1]], [3, 2], 'int32')]; // prettier-ignore
      assertClose(t, flow.logProb(pixels, { context }), flow.logProb(points, { context }), 0, 'whole data');
      assertClose(t, flow.forward(pixels, { context }), flow.forward(points, { context }), 0, 'whole points');
      assertClose(t, flow.sample(3, { seed: 1, context: whole }), flow.sample(3, { seed: 1, context }), 0);
      const alone = [2, 0, 1].map((label, i) => {
        using view = flow.condition(tf.oneHot([label], 3).reshape([3]));
        return view.logProb(tf.slice(x, i, 1)).dataSync()[0];
      });
      assertClose(t, expected, alone, 1e-5);
      t.is(new Set(alone).size, 3);
    });
  }
});

onEachBackend(
  test,
  'a conditional base and conditional layers have the same context, and the densities multiply',
  (t) => {
    const base = new ConditionalNormal({ eventShape: [2], contextShape: [3] });
    using flow = splineCouplingFlow({ dims: 2, ...SMALL, contextShape: [3], base });
    perturb(flow, 'base');
    tf.tidy(() => {
      const stream = new RandomStream('base');
      const [x, context] = [stream.normalTensor([5, 2]), stream.normalTensor([5, 3])];
      const [z, logDet] = flow.bijector.inverseAndLogDet(x, context);
      assertClose(t, flow.logProb(x, { context }), tf.add(base.logProb(z, { context }), logDet), 1e-5);
      const [draws, logProb] = flow.sampleAndLogProb(5, { seed: 1, context });
      assertClose(t, flow.logProb(draws, { context }), logProb, 1e-4);
      const drawn = flow.forward(base.sample(5, { seed: 1, context }), { context });
      t.deepEqual(drawn.shape, draws.shape);
      // The base alone may be conditional.
      using plain = new Flow({
        base: new ConditionalNormal({ eventShape: [2], contextShape: [3] }),
        bijector: new Affine({ eventShape: [2], scale: [2, 3] }),
      });
      t.deepEqual(plain.contextShape, [3]);
      const own = plain.base.logProb(tf.div(x, [2, 3]), { context });
      assertClose(t, plain.logProb(x, { context }), tf.sub(own, Math.log(6)), 1e-5);
      t.throws(() => plain.logProb(x), { instanceOf: FlowShapeError, message: /pass `context`/ });
      t.throws(() => plain.sample(2, { seed: 1, context: tf.zeros([2, 4]) }), { instanceOf: FlowShapeError });
    });
    const other = () => splineCouplingFlow({ dims: 2, ...SMALL, contextShape: [2], base: new ConditionalNormal({ eventShape: [2], contextShape: [3] }) }); // prettier-ignore
    t.throws(other, { instanceOf: FlowShapeError, message: /one context shape for all members/ });
  },
);

test.serial('trained on classes, each condition draws its own', async (t) => {
  const centres = [[-3, 0], [3, 0], [0, 4]]; // prettier-ignore
  const stream = new RandomStream('classes');
  const labels = Array.from({ length: 150 }, (_, i) => i % 3);
  const x = labels.map((label) => centres[label].map((centre) => centre + 0.3 * stream.nextNormal()));
  const oneHot = (label: number) => centres.map((_, k) => (k === label ? 1 : 0));
  const base = new ConditionalNormal({ eventShape: [2], contextShape: [3] });
  using flow = realNvp({ dims: 2, layers: 2, hidden: [16], contextShape: [3], base, seed: 1 });
  const tensors = tf.memory().numTensors;
  await fit(flow, { x, context: labels.map(oneHot) }, { steps: 150, batchSize: 50, learningRate: 0.03, seed: 1 });
  await t.throwsAsync(fit(flow, { x, context: labels.map((label) => [label]) }, { steps: 1 }), { instanceOf: FlowShapeError }); // prettier-ignore
  await t.throwsAsync(fit(flow, x, { steps: 1 }), { instanceOf: FlowShapeError });
  t.is(tf.memory().numTensors, tensors);
  tf.tidy(() => {
    centres.forEach((centre, label) => {
      using view = flow.condition(oneHot(label));
      const { mean, variance } = tf.moments(view.sample(500, { seed: 2 }), 0);
      assertClose(t, mean, centre, 0.2, `class ${label}`);
      t.true(tf.max(variance).dataSync()[0] < 0.3);
      const densities = view.logProb(tf.tensor2d(centres)).dataSync();
      t.is(densities.indexOf(Math.max(...densities)), label);
    });
  });
});
