import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  ClassEmbedding,
  ConditionalNormal,
  Coupling,
  ElementwiseAffine,
  MLP,
  ConvEmbedding,
  ffjord,
  fit,
  Flow,
  flowMatching,
  FlowNumericsError,
  glow,
  jet,
  loadFlow,
  maf,
  MLPEmbedding,
  naf,
  negativeLogLikelihood,
  otFlow,
  RandomStream,
  ready,
  realNvp,
  removeFlow,
  rqGlow,
  splineCouplingFlow,
  blockNaf,
  type ConditionerRequest,
  type ConditioningOptions,
  type Embedding,
  type FitData,
  type Objective,
} from '../../src/index.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';
import { moons } from './moons.js';

test.before(() => ready({ backend: 'wasm' }));

/** The same, but not declared to be a mean over rows: trained eagerly. */
const eagerly: Objective = (model, batch, stream) => negativeLogLikelihood(model, batch, stream);

const EMBEDDINGS: Record<string, () => Embedding> = {
  classes: () => new ClassEmbedding({ classes: 3, width: 4, seed: 1 }),
  'one-hot vectors': () => new ClassEmbedding({ classes: 3 }),
  'a perceptron': () => new MLPEmbedding({ contextShape: [5], outputs: 4, hidden: [8], seed: 1 }),
  images: () => new ConvEmbedding({ contextShape: [4, 4, 1], outputs: 4, hidden: [4, 6], seed: 1 }),
};

/** Rows that depend on contexts of a shape; classes where that is `[]`. */
function pairs(shape: readonly number[], rows: number): { x: number[][]; context: tf.Tensor } {
  const stream = new RandomStream('pairs');
  const context =
    shape.length === 0
      ? tf.tensor1d(Array.from({ length: rows }, () => stream.nextInteger(3)))
      : stream.normalTensor([rows, ...shape]);
  const means = tf.tidy(() => Array.from(tf.mean(tf.reshape(context, [rows, -1]), 1).dataSync()));
  return { x: means.map((mean) => [mean + 0.3 * stream.nextNormal(), stream.nextNormal()]), context };
}

for (const [title, embedding] of Object.entries(EMBEDDINGS)) {
  test.serial(`${title}: steps are planned and follow the eager ones, and the embedding is trained`, async (t) => {
    const build = () => splineCouplingFlow({ dims: 2, layers: 2, hidden: [12], embedding: embedding() });
    const engine = tf.engine();
    const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
    const train = async (flow: Flow, data: FitData, objective: Objective) => {
      const losses: number[] = [];
      let kernels = 0;
      const watch = ((...call: Parameters<typeof runKernel>) => (kernels++, runKernel.apply(engine, call))) as typeof runKernel; // prettier-ignore
      const onStep = ({ step, loss }: { step: number; loss: number }) => {
        losses.push(loss);
        if (step === 8) engine.runKernel = watch;
      };
      const options = { steps: 12, batchSize: 32, seed: 'order', objective, callbacks: { onStep } };
      await fit(flow, data, options).finally(() => delete (engine as Partial<typeof engine>).runKernel);
      return { losses, kernels: kernels / 4 };
    };
    using planned = build();
    using eager = build();
    const data = pairs(planned.contextShape!, 96);
    const weights = () => planned.embedding!.parameters.map(({ variable }) => Array.from(variable.dataSync()));
    const before = weights();
    const [one, other] = [await train(planned, data, negativeLogLikelihood), await train(eager, data, eagerly)];
    assertClose(t, one.losses, other.losses, 1e-4, 'losses');
    t.true(one.kernels <= 2 * planned.trainableVariables.length, `${one.kernels} kernels a step`);
    weights().forEach((values, i) => t.notDeepEqual(values, before[i]));
    data.context.dispose();
  });

  test.serial(`${title}: a saved flow comes back with its embedding, bit for bit`, async (t) => {
    const url = `memory://embedding ${title}`;
    using flow = maf({ dims: 2, layers: 2, hidden: [12], embedding: embedding() });
    perturb(flow, 'save');
    await flow.save(url);
    using loaded = await loadFlow(url);
    const { x, context } = pairs(flow.contextShape!, 7);
    t.deepEqual(loaded.contextShape, flow.contextShape);
    tf.tidy(() => {
      const rows = tf.tensor2d(x);
      assertClose(t, loaded.logProb(rows, { context }), flow.logProb(rows, { context }), 0);
      assertClose(t, loaded.sample(7, { seed: 1, context }), flow.sample(7, { seed: 1, context }), 0);
    });
    context.dispose();
    await removeFlow(url);
  });
}

const VECTORS = { realNvp, maf, splineCouplingFlow, naf, blockNaf, ffjord, otFlow } as unknown as Record<
  string,
  (options: ConditioningOptions & { dims: number }) => Flow
>;
const IMAGES = { glow, rqGlow, jet } as unknown as Record<
  string,
  (options: ConditioningOptions & { eventShape: number[]; preset: 'small' }) => Flow
>;

for (const name of [...Object.keys(VECTORS), ...Object.keys(IMAGES)]) {
  test.serial(`${name}: the recipe takes an embedding, and likelihood trains it`, (t) => {
    const embedding = new MLPEmbedding({ contextShape: [3], outputs: 2, hidden: [4], activation: 'tanh' });
    using flow = VECTORS[name]?.({ dims: 2, embedding }) ?? IMAGES[name]({ eventShape: [8, 8, 1], preset: 'small', embedding }); // prettier-ignore
    t.deepEqual(flow.contextShape, [3]);
    perturb(flow, 'recipe', 0.05);
    tf.tidy(() => {
      const stream = new RandomStream('recipe');
      const x = name in IMAGES ? stream.uniformTensor([3, 8, 8, 1], 0, 256) : stream.normalTensor([3, 2]);
      const context = stream.normalTensor([3, 3]);
      const variables = embedding.trainableVariables;
      const { grads } = tf.variableGrads(() => tf.sum<tf.Scalar>(flow.logProb(x, { context })), variables);
      for (const { name: variable } of variables) {
        const gradient = [...grads[variable].dataSync()];
        t.true(gradient.every(Number.isFinite) && gradient.some((g) => g !== 0), variable);
      }
    });
  });
}

test.serial('flow matching trains an embedding', (t) => {
  using flow = ffjord({ dims: 2, hidden: [8], embedding: new ClassEmbedding({ classes: 2, width: 3 }) });
  tf.tidy(() => {
    const batch = { x: tf.ones([4, 2]), context: tf.tensor1d([0, 1, 1, 0]), noise: null };
    const loss = () => flowMatching()(flow, batch, new RandomStream('matching')) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, flow.embedding!.trainableVariables);
    t.true(Object.values(grads).every((gradient) => gradient.dataSync().some((g) => g !== 0)));
  });
});

test.serial('base and bijector share one embedding', (t) => {
  const contextShape = [2];
  const conditioner = (request: ConditionerRequest) => new MLP({ ...request, hidden: [4], contextShape });
  const bijector = new Coupling({ mask: [true, false], transform: new ElementwiseAffine(), conditioner });
  const base = new ConditionalNormal({ eventShape: [2], contextShape });
  using flow = new Flow({ base, bijector, embedding: new ClassEmbedding({ classes: 2, width: 2 }) });
  perturb(flow, 'share');
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([3, 2]);
    const labels = tf.tensor1d([0, 1, 1]);
    const context = flow.embed(labels);
    const [z, logDet] = bijector.inverseAndLogDet(x, context);
    const expected = tf.add(base.logProb(z, { context }), logDet);
    assertClose(t, flow.logProb(x, { context: labels }), expected, 1e-6);
    const [draws, logProb] = flow.sampleAndLogProb(3, { seed: 1, context: labels });
    assertClose(t, draws, flow.sample(3, { seed: 1, context: labels }), 1e-6);
    assertClose(t, logProb, flow.logProb(draws, { context: labels }), 1e-4);
  });
});

test.serial('a number that is no class is found by fit, and named', async (t) => {
  using flow = realNvp({ dims: 1, layers: 1, embedding: new ClassEmbedding({ classes: 2, width: 2 }) });
  const x = Array.from({ length: 8 }, (_, i) => [i]);
  const error = await t.throwsAsync(() => fit(flow, { x, context: [0, 1, 0, 1, 2, 1, 0, 1] }, { steps: 1 }));
  t.true(error instanceof FlowNumericsError);
  t.regex(error.message, /embedding \(ClassEmbedding\) at row \d of the batch \(row 4 of the data\)/);
});

test.serial('two moons by label: nearly the information of the label is gained', async (t) => {
  const train = moons(1500, 'train');
  const held = moons(1000, 'test');
  const score = async (flow: Flow, conditional: boolean) => {
    const data = conditional ? { x: train.x, context: train.labels } : train.x;
    await fit(flow, data, { steps: 300, batchSize: 250, learningRate: 5e-3, seed: 'moons' });
    return tf.tidy(() => {
      const context = conditional ? tf.tensor1d(held.labels) : null;
      return -tf.mean(flow.logProb(tf.tensor2d(held.x), { context })).dataSync()[0];
    });
  };
  const options = { dims: 2, layers: 3, hidden: [32], seed: 'moons' };
  using plain = splineCouplingFlow(options);
  using conditional = splineCouplingFlow({ ...options, embedding: new ClassEmbedding({ classes: 2, width: 4 }) });
  const [without, withLabels] = [await score(plain, false), await score(conditional, true)];
  t.log(`${without.toFixed(3)} nats without labels, ${withLabels.toFixed(3)} with`);
  // They hardly overlap, so a label is worth log 2 = 0.69 nats.
  t.true(withLabels < without - 0.45, `${without} without labels, ${withLabels} with`);
});
