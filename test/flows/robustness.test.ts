import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  alternatingMask,
  Chain,
  ConvNet,
  Coupling,
  Elementwise,
  ElementwiseAffine,
  fit,
  Flow,
  FlowConfigError,
  FlowDataError,
  FlowShapeError,
  Invert,
  inverseAmplification,
  MahalanobisScore,
  MLP,
  Normal,
  Permute,
  RandomStream,
  ready,
  realNvp,
  robustSplineFlow,
  ShiftedSpline,
  SpatialCoupling,
  type ConditionerRequest,
  type ElementwiseTransform,
  type MahalanobisState,
} from '../../src/index.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

test.before(() => ready({ backend: 'wasm' }).then(() => undefined));

/** 16 couplings of four coordinates, each after a map by the context alone. */
function sixteenSteps(transform: ElementwiseTransform): Flow {
  const contextShape = [3];
  const seed = (i: number) => new RandomStream('steps').split(i);
  const bijectors = Array.from({ length: 16 }, (_, i) => {
    const conditioner = (request: ConditionerRequest) => new MLP({ ...request, hidden: [16], contextShape, seed: seed(i) }); // prettier-ignore
    const own = new MLP({ inputs: 0, outputs: 4 * transform.parameterCount, hidden: [8], contextShape, initialOutput: Array.from({ length: 4 }, () => transform.identityParameters()).flat(), seed: seed(i) }); // prettier-ignore
    return [
      new Elementwise({ eventShape: [4], transform, conditioner: own }),
      new Coupling({ mask: alternatingMask(4, (i % 2) as 0 | 1), transform, conditioner }),
    ];
  }).flat();
  return new Flow({ base: Normal.standard([4]), bijector: new Chain({ bijectors }) });
}

test.serial('contexts ten times too large: 16 steps of splines stay finite, affine ones overflow', (t) => {
  const contexts = new RandomStream('strange').normalTensor([200, 3]);
  const draws = (transform: ElementwiseTransform, scale: number) => {
    using flow = sixteenSteps(transform);
    perturb(flow, 'robust', 0.6);
    return tf.tidy(() => {
      const context = tf.mul(contexts, scale);
      const values = flow.sample(200, { seed: 1, context }).dataSync<'float32'>();
      const worst = inverseAmplification(flow, new RandomStream('z').normalTensor([200, 4]), { context });
      return { values, worst: Math.max(...worst.map(({ amplification }) => amplification)), stages: worst.length };
    });
  };
  const splines = draws(new ShiftedSpline(), 10);
  t.true(splines.values.every(Number.isFinite));
  t.is(splines.stages, 32);
  t.true(splines.worst < 1e3, `${splines.worst}`);
  const published = new ElementwiseAffine({ scale: 'inverseSigmoid', least: 1e-4 });
  t.false(draws(published, 10).values.every((value) => Math.abs(value) < 1e20));
  t.true(draws(published, 10).worst > 1e3);
  t.false(draws(new ElementwiseAffine({ bound: null }), 10).values.every(Number.isFinite));
  // A bounded sigmoid in the direction of draws is the other remedy.
  t.true(draws(new ElementwiseAffine({ scale: 'sigmoid' }), 10).values.every((value) => Math.abs(value) < 1e4));
  contexts.dispose();
});

test.serial('the recipe stays in bounds whatever the context, where affine couplings do not', (t) => {
  const shared = { dims: 3, layers: 16, hidden: [16], contextShape: [2], standardize: false } as const;
  using robust = robustSplineFlow({ ...shared, mixing: 'permutation' });
  const context = new RandomStream('strange').normalTensor([100, 2]);
  const z = new RandomStream('z').normalTensor([100, 3]);
  tf.tidy(() => {
    assertClose(t, robust.forward(z, { context }), permuted(robust, z), 2e-5, 'a permutation at first');
    perturb(robust, 'robust', 0.6);
    const far = tf.mul(context, 10);
    const x = robust.forward(z, { context: far });
    t.true(x.dataSync<'float32'>().every((value) => Math.abs(value) < 1e4));
    const found = inverseAmplification(robust, z, { context: far });
    // A map by the context and a coupling in each layer, and 15 permutations.
    t.is(found.length, 16 * 2 + 15);
    using affine = realNvp({ ...shared, scale: 'inverseSigmoid' });
    using safe = realNvp({ ...shared, scale: 'sigmoid' });
    for (const flow of [affine, safe]) perturb(flow, 'robust', 0.6);
    t.true(tf.max(tf.abs(affine.forward(z, { context: far }))).dataSync()[0] > 1e6);
    t.true(tf.max(tf.abs(safe.forward(z, { context: far }))).dataSync()[0] < 1e4);
  });
  using mixed = robustSplineFlow({ dims: 2, layers: 2, hidden: [8] });
  t.deepEqual((mixed.bijector as Chain).bijectors.map(({ className }) => className), ['Coupling', 'Permute', 'LULinear', 'Coupling', 'Standardize']); // prettier-ignore
  using alone = robustSplineFlow({ dims: 1, layers: 2, hidden: [8], contextShape: [2] });
  t.deepEqual(alone.contextShape, [2]);
  t.throws(() => robustSplineFlow({ dims: 2, tailBound: 0 }), { instanceOf: FlowConfigError });
  t.throws(() => realNvp({ dims: 2, scale: 'softplus' as never }), { instanceOf: FlowConfigError });
  tf.dispose([context, z]);
});

/** Base → data through the permutations of a flow alone. */
function permuted(flow: Flow, z: tf.Tensor): tf.Tensor {
  const mixing = (flow.bijector as Chain).bijectors.filter(({ className }) => className === 'Permute');
  return mixing.reduce((value, permute) => permute.forward(value), z);
}

test.serial('a layer with a raw scale of -20 enlarges draws by 1e4', (t) => {
  const transform = new ElementwiseAffine({ scale: 'inverseSigmoid', least: 1e-4 });
  const bijector = new Chain({
    bijectors: [
      new Permute({ permutation: [1, 0] }),
      new Invert({ bijector: new Chain({ bijectors: [new Elementwise({ eventShape: [2], transform: new ElementwiseAffine() }), new Elementwise({ eventShape: [2], transform })] }) }), // prettier-ignore
    ],
  });
  using flow = new Flow({ base: Normal.standard([2]), bijector });
  const parameters = flow.parameters.find(({ path }) => path === 'bijector.1.bijector.1.parameters')!.variable;
  tf.tidy(() => {
    parameters.assign(tf.tensor1d([0, -20, 0, -20]));
    const z = new RandomStream('z').normalTensor([5, 2]);
    const found = inverseAmplification(flow, z);
    t.deepEqual(found.map(({ path, className }) => [path, className]), [
      ['bijector.0', 'Permute'],
      ['bijector.1.bijector.1', 'Elementwise'],
      ['bijector.1.bijector.0', 'Elementwise'],
    ]); // prettier-ignore
    // The chain runs the other way round here: it shrinks.
    assertClose(t, found.map(({ amplification }) => amplification), [1, 1e-4, 1], 1e-6); // prettier-ignore
  });
  using straight = new Flow({ base: Normal.standard([2]), bijector: new Elementwise({ eventShape: [2], transform }) });
  tf.tidy(() => {
    straight.parameters[0].variable.assign(tf.tensor1d([0, -20, 0, -20]));
    const [{ path, amplification }] = inverseAmplification(straight, tf.ones([1, 2]));
    t.is(path, 'bijector');
    t.true(Math.abs(amplification / 1e4 - 1) < 1e-3, `${amplification}`);
    t.throws(() => inverseAmplification(straight, tf.zeros([0, 2])), { instanceOf: FlowConfigError });
    t.throws(() => inverseAmplification(straight, tf.zeros([2, 3])), { instanceOf: FlowShapeError });
  });
});

test.serial('spline couplings of images keep the bound, whatever their network emits', (t) => {
  const conditioner = (request: ConditionerRequest) => new ConvNet({ ...request, hidden: [4], contextShape: [2, 2, 1], contextAs: 'map' }); // prettier-ignore
  using layer = new SpatialCoupling({ eventShape: [2, 2, 2], transform: new ShiftedSpline(), conditioner });
  perturb(layer, 'extreme', 20);
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([20, 2, 2, 2]);
    const context = new RandomStream('c').normalTensor([20, 2, 2, 1]);
    const y = layer.forward(x, context);
    t.true(y.dataSync().every(Number.isFinite));
    assertClose(t, layer.inverse(y, context), x, 1e-2);
  });
});

test.serial('a conditional flow of shifted splines trains by planned steps', async (t) => {
  using flow = sixteenSteps(new ShiftedSpline());
  const stream = new RandomStream('data');
  const context = Array.from({ length: 64 }, () => [...stream.normal(3)]);
  const x = context.map(([a, b]) => [a, b, a - b, a].map((value) => value + 0.1 * stream.nextNormal()));
  const engine = tf.engine();
  const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
  let kernels = 0;
  const losses: number[] = [];
  const onStep = ({ step, loss }: { step: number; loss: number }) => {
    losses.push(loss);
    if (step === 10) engine.runKernel = ((...call: Parameters<typeof runKernel>) => (kernels++, runKernel.apply(engine, call))) as typeof runKernel; // prettier-ignore
  };
  const options = { steps: 12, batchSize: 32, seed: 'order', callbacks: { onStep } };
  await fit(flow, { x, context }, options).finally(() => delete (engine as Partial<typeof engine>).runKernel);
  t.true(losses.at(-1)! < losses[0]);
  t.true(kernels <= 4 * flow.trainableVariables.length, `${kernels} kernels in two steps`);
});

/** `(g - m)ᵀ S⁻¹ (g - m)` in doubles, by Gaussian elimination. */
function dense(rows: readonly number[][], ridge: number, at: readonly number[]): number {
  const dims = at.length;
  const mean = at.map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
  const S = at.map((_, i) => at.map((_, j) => rows.reduce((sum, row) => sum + (row[i] - mean[i]) * (row[j] - mean[j]), 0) / (rows.length - 1))); // prettier-ignore
  const trace = S.reduce((sum, row, i) => sum + row[i], 0);
  const b = at.map((value, i) => value - mean[i]);
  const A = S.map((row, i) => [...row.with(i, row[i] + (ridge * trace) / dims), b[i]]);
  for (let k = 0; k < dims; k++) {
    for (let i = 0; i < dims; i++) {
      if (i === k) continue;
      const factor = A[i][k] / A[k][k];
      for (let j = k; j <= dims; j++) A[i][j] -= factor * A[k][j];
    }
  }
  return b.reduce((sum, value, i) => sum + (value * A[i][dims]) / A[i][i], 0);
}

test.serial('the Mahalanobis score is the dense computation, however the data come', async (t) => {
  const stream = new RandomStream('features');
  const rows = Array.from({ length: 60 }, () => {
    const [a, b, c] = stream.normal(3);
    return [5 + a, 0.5 * a + b, 100 + 0.1 * c - b].map(Math.fround);
  });
  const tensors = [rows.slice(0, 1), rows.slice(1, 40), rows.slice(40)].map((part) => tf.tensor2d(part));
  const whole = tf.tensor2d(rows);
  const parts = new MahalanobisScore({ features: 3 });
  for (const tensor of tensors) await parts.update(tensor);
  const before = tf.memory().numTensors;
  const once = await MahalanobisScore.fit(whole);
  t.is(tf.memory().numTensors, before);
  const points = [[5, 0, 100], [7, 3, 101], [-20, 4, 90]]; // prettier-ignore
  tf.tidy(() => {
    const at = tf.tensor(points, [3, 1, 3]);
    const expected = points.map((point) => dense(rows, 1e-3, point));
    t.deepEqual(once.score(at).shape, [3, 1]);
    for (const score of [parts, once]) {
      const found = score.score(at).dataSync();
      found.forEach((value, i) =>
        t.true(Math.abs(value - expected[i]) < 1e-5 + 1e-4 * expected[i], `${value}, ${expected[i]}`),
      );
    }
    const restored = MahalanobisScore.restore(JSON.parse(JSON.stringify(parts.state)) as MahalanobisState);
    assertClose(t, restored.score(at), parts.score(at), 0);
    // Away from the mean it rises.
    const direction = stream.normal(3);
    const away = [0, 0.5, 1, 2, 4, 8].map((r) => once.mean.map((m, i) => m + r * direction[i]));
    const rising = once.score(tf.tensor2d(away)).dataSync();
    t.true(rising.every((value, i) => i === 0 || value > rising[i - 1]));
    assertClose(t, tf.mean(once.score(whole)), [3], 0.1, 'mean over the data: features (n - 1) / n');
  });
  tf.dispose([whole, ...tensors]);
});

test.serial('features that make no score are refused', async (t) => {
  t.throws(() => new MahalanobisScore({ features: 0 }), { instanceOf: FlowConfigError });
  t.throws(() => new MahalanobisScore({ features: 2, ridge: -1 }), { instanceOf: FlowConfigError });
  const score = new MahalanobisScore({ features: 2, ridge: 0 });
  for (const state of [
    { mean: [1] },
    { mean: [1, NaN] },
    { count: -1 },
    { scatter: [[1, 0]] },
    { scatter: null },
    { features: null },
  ]) {
    t.throws(() => MahalanobisScore.restore({ ...score.state, ...state } as never), { instanceOf: FlowConfigError });
  }
  const [one, wide, bad, line] = [tf.ones([1, 2]), tf.ones([4, 3]), tf.tensor2d([[1, NaN]]), tf.tensor2d([[1, 2], [2, 4], [3, 6]])]; // prettier-ignore
  await t.throwsAsync(() => score.update(wide), { instanceOf: FlowShapeError });
  await t.throwsAsync(() => score.update(bad), { instanceOf: FlowDataError, message: /NaN in row 0/ });
  t.is(score.count, 0);
  await score.update(one);
  t.throws(() => score.score(one), { instanceOf: FlowDataError, message: /at least two vectors/ });
  await score.update(line);
  t.throws(() => score.score(wide), { instanceOf: FlowShapeError });
  const flat = new MahalanobisScore({ features: 2, ridge: 0 });
  await flat.update(line);
  t.throws(() => flat.score(one), { instanceOf: FlowDataError, message: /a singular covariance/ });
  tf.dispose([one, wide, bad, line]);
});
