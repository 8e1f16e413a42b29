import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Affine,
  DoubleWell,
  Energy,
  fit,
  Flow,
  flowAnnealedBootstrap,
  FlowConfigError,
  FlowDataError,
  FlowEnergy,
  FlowNumericsError,
  FlowShapeError,
  logVariance,
  MetropolisBlock,
  mixedKl,
  Mixture,
  Normal,
  pathDivergence,
  RandomStream,
  ready,
  realNvp,
  RegularizedEnergy,
  reverseKl,
  StochasticFlow,
  TemperedNormal,
  type FitOptions,
  type History,
  type Objective,
} from '../../src/index.js';
import { affineFlow, gaussianRows, smallFlow, weightsOf } from './support.js';

test.before(async () => {
  await ready({ backend: 'wasm' });
});

const LOC = [1.5, -0.5];
const SCALE = [0.5, 2];

/** The energy of a normal density, whose `log Z` is zero. */
function gaussian(): Energy {
  return new FlowEnergy({ flow: new Normal({ loc: LOC, scale: SCALE }) });
}

/** The flow that is {@link gaussian} exactly. */
function exactFlow(): Flow {
  return new Flow({ base: Normal.standard([2]), bijector: new Affine({ shift: LOC, scale: SCALE, learnable: true }) });
}

function gradients(objective: Objective, model: Flow, x: Tensor, context: Tensor | null = null): number[] {
  return tf.tidy(() => {
    const variables = model.parameters.filter(({ trainable }) => trainable).map(({ variable }) => variable);
    const { grads } = tf.variableGrads(
      () => objective(model, { x, context }, new RandomStream(0)).asScalar(),
      variables,
    );
    return variables.flatMap(({ name }) => [...grads[name].dataSync()]);
  });
}

function value(objective: Objective, model: Flow | StochasticFlow, x: Tensor, context: Tensor | null = null): number {
  return tf.tidy(() => objective(model, { x, context }, new RandomStream(0)).dataSync()[0]);
}

const close = (actual: readonly number[], expected: readonly number[], tolerance: number) =>
  actual.length === expected.length && actual.every((entry, i) => Math.abs(entry - expected[i]) <= tolerance);

test('path gradients vanish draw by draw where the flow is the target; total ones do not', (t) => {
  const flow = exactFlow();
  for (let row = 0; row < 3; row++) {
    const z = new RandomStream(`row ${row}`).normalTensor([1, 2]);
    t.true(close(gradients(reverseKl(gaussian()), flow, z), [0, 0, 0, 0], 2e-5));
    t.true(gradients(reverseKl(gaussian(), { gradient: 'total' }), flow, z).some((entry) => Math.abs(entry) > 0.05));
  }
});

test('both gradients agree on average, and the value is the divergence in closed form', (t) => {
  const flow = smallFlow();
  const z = new RandomStream('z').normalTensor([20000, 2]);
  const [path, total] = [
    gradients(reverseKl(gaussian()), flow, z),
    gradients(reverseKl(gaussian(), { gradient: 'total' }), flow, z),
  ];
  t.true(close(path, total, 0.1), `${path.join()} | ${total.join()}`);
  const affine = new Flow({ base: Normal.standard([2]), bijector: new Affine({ shift: [1, 0], scale: [1, 1.5] }) });
  const scales = [1, 1.5];
  const divergence = [1, 0]
    .map((m, i) => Math.log(SCALE[i] / scales[i]) + (scales[i] ** 2 + (m - LOC[i]) ** 2) / (2 * SCALE[i] ** 2) - 0.5)
    .reduce((a, b) => a + b);
  t.true(Math.abs(value(reverseKl(gaussian()), affine, z) - divergence) < 0.05);
  // A base without density leaves out what does not depend on the weights.
  const given = new Flow({ base: new Nameless(), bijector: new Affine({ eventShape: [2] }) });
  t.true(
    Math.abs(value(reverseKl(gaussian()), given, z) - value(reverseKl(gaussian()), affineFlow(), z) - 2.838) < 0.05,
  );
});

/** Draws whose density nobody knows. */
class Nameless extends Normal {
  override readonly hasDensity = false;
  constructor() {
    super({ loc: [0, 0] });
  }
}

test('the log-variance is zero where the flow is the target, and its gradient points there', (t) => {
  const z = new RandomStream('z').normalTensor([500, 2]);
  t.true(value(logVariance(gaussian()), exactFlow(), z) < 1e-9);
  t.true(close(gradients(logVariance(gaussian()), exactFlow(), z), [0, 0, 0, 0], 1e-3));
  t.true(value(logVariance(gaussian()), affineFlow(), z) > 1);
});

test('a mixed divergence is the weighted mean of both', (t) => {
  const flow = smallFlow();
  const x = tf.tensor2d(gaussianRows(50), [50, 2]);
  const z = new RandomStream('z').normalTensor([50, 2]);
  const reverse = value(reverseKl(gaussian()), flow, z);
  const likelihood = -flow.logProb(x).mean().dataSync()[0];
  const mixed = mixedKl(gaussian(), { likelihood: 3, reverse: 1 });
  const found = mixed(flow, { x, context: null, noise: z }, new RandomStream(0)).dataSync()[0];
  t.true(Math.abs(found - (0.75 * likelihood + 0.25 * reverse)) < 1e-4);
});

test('the entropy of a coordinate is charged, least where it is spread evenly', (t) => {
  const coordinate = {
    of: (x: Tensor) => tf.squeeze(tf.slice(x, [0, 0], [-1, 1]), [1]),
    range: [-1, 1] as const,
    bins: 10,
  };
  const spread = new RandomStream('even').uniformTensor([4000, 2], -1.3, 1.3);
  const identity = new Flow({ base: Normal.standard([2]), bijector: new Affine({ eventShape: [2] }) });
  const term = (z: Tensor) =>
    value(reverseKl(gaussian(), { coordinate }), identity, z) - value(reverseKl(gaussian()), identity, z);
  t.true(Math.abs(term(spread) + Math.log(10)) < 0.02);
  t.true(term(tf.mul(spread, 0.1)) > -1.7);
});

test.serial('trains without data: steps by program, log Z and effective sample size of a mixture', async (t) => {
  const components = [new Normal({ loc: [-1, 0], scale: 0.8 }), new Normal({ loc: [1, 0.5], scale: 0.6 })];
  const energy = new FlowEnergy({ flow: new Mixture({ components }) });
  const flow = realNvp({ dims: 2, layers: 4, hidden: [24], seed: 'mixture' });
  const before = tf.memory().numTensors;
  const history = await fit(flow, {
    objective: reverseKl(energy), epochs: 6, stepsPerEpoch: 60, batchSize: 128, learningRate: 5e-3, validation: 2000, seed: 'mixture',
  }); // prettier-ignore
  t.is(tf.memory().numTensors, before);
  const { effectiveSampleSize, validation } = history.epochs.at(-1)!;
  t.true(effectiveSampleSize! > 0.9, String(effectiveSampleSize));
  t.true(validation! > -0.02 && validation! < 0.1, String(validation));
  t.is(history.steps, 360);
});

test('takes rows for draws of the base: learned free energy perturbation', async (t) => {
  const flow = affineFlow();
  const history = await fit(flow, new RandomStream('rows').normal(2000), {
    objective: reverseKl(gaussian()), epochs: 60, batchSize: 250, learningRate: 0.05, validation: 0.2, seed: 0,
  }); // prettier-ignore
  t.true(Math.abs(history.bestValidation!) < 0.01, String(history.bestValidation));
  t.true(history.epochs.at(-1)!.effectiveSampleSize! > 0.98);
});

test('a flow is steered in temperature: trained at two, right between them', async (t) => {
  const objective = reverseKl(gaussian(), { temperatures: [1, 4] });
  const flow = new Flow({ base: new TemperedNormal({ eventShape: [2] }), bijector: new Affine({ eventShape: [2] }) });
  const history = await fit(flow, {
    objective, epochs: 3, stepsPerEpoch: 60, batchSize: 64, learningRate: 0.05, validation: 400, seed: 0,
  }); // prettier-ignore
  t.true(history.epochs.at(-1)!.effectiveSampleSize! > 0.97);
  const between = reverseKl(gaussian(), { temperatures: [2] });
  const z = tf.mul(new RandomStream('z').normalTensor([300, 2]), Math.SQRT2);
  const weights = between.logWeights!(flow, { x: z, context: tf.fill([300, 1], 2) }, new RandomStream(0)).dataSync();
  t.true(Math.max(...weights) - Math.min(...weights) < 0.5);
});

const twoModes = new DoubleWell({ dims: 1, a: 0, b: -6, c: 1 });

test('annealed bootstrap finds the mode that the flow does not draw', async (t) => {
  const flow = coveringFlow();
  const common = { epochs: 3, stepsPerEpoch: 80, batchSize: 128, learningRate: 0.03, validation: 1000, seed: 'modes' };
  const share = (model: Flow) => tf.tidy(() => tf.mean(tf.greater(model.sample(2000, { seed: 1 }), 0)).dataSync()[0]);
  const history = await fit(flow, { ...common, objective: flowAnnealedBootstrap(twoModes, { levels: 3 }) });
  t.true(history.epochs.at(-1)!.effectiveSampleSize! > 0.14, String(history.epochs.at(-1)!.effectiveSampleSize));
  t.true(Math.abs(share(flow) - 0.5) < 0.15, String(share(flow)));
  const seeking = coveringFlow();
  await fit(seeking, { ...common, objective: reverseKl(twoModes) });
  t.true(share(seeking) < 0.1, String(share(seeking)));
});

/** A normal density on one of two modes. */
function coveringFlow(): Flow {
  return new Flow({
    base: Normal.standard([1]),
    bijector: new Affine({ shift: [-1.7], scale: [0.3], learnable: true }),
  });
}

const RESUMED: FitOptions = {
  epochs: 3,
  stepsPerEpoch: 4,
  batchSize: 16,
  learningRate: 0.02,
  validation: 32,
  seed: 'resume',
};

test('a run on an energy, with its buffer, resumes as if it had never stopped', async (t) => {
  const objectives = {
    kl: () => reverseKl(gaussian()),
    fab: () => flowAnnealedBootstrap(gaussian(), { levels: 2, reuse: 3, capacity: 4, minimum: 2 }),
  };
  for (const [name, make] of Object.entries(objectives)) {
    const train = async (extra: FitOptions): Promise<[number[], History]> => {
      const flow = smallFlow();
      const history = await fit(flow, { ...RESUMED, ...extra, objective: make() });
      return [weightsOf(flow), { ...history, epochs: history.epochs.map((epoch) => ({ ...epoch, rowsPerSecond: 0 })) }];
    };
    const url = `memory://energy-${name}`;
    const through = await train({});
    const signal = new AbortController();
    const onStep = ({ step }: { step: number }) => (step === 6 ? signal.abort() : undefined);
    await train({ checkpoint: { url, every: { steps: 1 } }, signal: signal.signal, callbacks: { onStep } });
    const resumed = await train({ checkpoint: { url } });
    t.deepEqual(resumed, through);
  }
  await t.throwsAsync(fit(smallFlow(), { ...RESUMED, objective: logVariance(gaussian()), checkpoint: { url: 'memory://energy-kl' } }), {
    instanceOf: FlowConfigError, message: /objective/,
  }); // prettier-ignore
});

test('a stochastic flow trains on its energy alone', async (t) => {
  const target = new DoubleWell({ dims: 2, a: -0.5, b: -1, c: 0.25 });
  const layers = [new Affine({ eventShape: [2] }), new MetropolisBlock({ level: 1, steps: 3 })];
  const model = new StochasticFlow({ base: new Normal({ loc: [2, 1], scale: 0.5 }), target, layers });
  const history = await fit(model, {
    objective: reverseKl(target), epochs: 3, stepsPerEpoch: 25, batchSize: 64, learningRate: 0.03, validation: 500, seed: 0,
  }); // prettier-ignore
  const [first, last] = [history.epochs[0], history.epochs.at(-1)!];
  t.true(last.validation! < first.validation! && last.validation! > -target.logPartition - 0.1);
  t.true(last.effectiveSampleSize! > first.effectiveSampleSize!);
  const z = tf.zeros([4, 2]);
  const own = pathDivergence({ likelihood: 0, reverse: 1 });
  t.is(value(reverseKl(target), model, z), value(own, model, z));
  t.throws(() => value(reverseKl(target, { gradient: 'path' }), model, z), { instanceOf: FlowConfigError });
});

/** Not a number where the first coordinate is above a bound. */
class Undefined extends Energy {
  static override readonly className = 'Undefined';
  override readonly eventShape = [2];
  readonly #bound: number;
  constructor({ bound }: { bound: number }) {
    super();
    this.#bound = bound;
  }
  protected override evaluate(x: Tensor): Tensor {
    const [first] = tf.unstack(x, 1);
    return tf.add(tf.sum(tf.square(x), 1), tf.sqrt(tf.sub(this.#bound, first)));
  }
  override getConfig() {
    return { bound: this.#bound };
  }
}

test.serial('energies that are not numbers are an error that names rows', async (t) => {
  const before = tf.memory().numTensors;
  const flow = affineFlow();
  for (const objective of [reverseKl(new Undefined({ bound: 1 })), logVariance(new Undefined({ bound: 1 }))]) {
    const error = await t.throwsAsync(fit(flow, { objective, steps: 5, batchSize: 32, seed: 0 }), { instanceOf: FlowNumericsError }); // prettier-ignore
    t.regex(error.message, /energies of Undefined that are not: NaN at row \d+/);
  }
  const annealed = flowAnnealedBootstrap(new Undefined({ bound: 1 }), { levels: 1 });
  await t.throwsAsync(fit(flow, { objective: annealed, steps: 5, batchSize: 32 }), { instanceOf: FlowNumericsError });
  // Beyond all draws nothing is wrong.
  await t.notThrowsAsync(fit(flow, { objective: reverseKl(new Undefined({ bound: 50 })), steps: 3, batchSize: 32 }));
  flow.dispose();
  t.is(tf.memory().numTensors, before);
});

/** Infinite everywhere. */
class Nowhere extends Undefined {
  protected override evaluate(x: Tensor): Tensor {
    return tf.add(tf.sum(tf.mul(x, 0), 1), Infinity);
  }
}

test('bad input', async (t) => {
  const z = tf.zeros([4, 2]);
  const energy = gaussian();
  const config = { instanceOf: FlowConfigError };
  t.throws(() => reverseKl({} as never), config);
  t.throws(() => reverseKl(energy, { gradient: 'other' as never }), config);
  t.throws(() => reverseKl(energy, { temperatures: [1, -1] }), config);
  t.throws(() => reverseKl(energy, { temperatures: [] }), config);
  t.throws(() => mixedKl(energy, { reverse: 0, likelihood: 0 }), config);
  t.throws(() => mixedKl(energy, { reverse: -1 }), config);
  t.throws(() => flowAnnealedBootstrap(energy, { alpha: 1 }), config);
  t.throws(() => flowAnnealedBootstrap(energy, { levels: 0 }), config);
  t.throws(() => flowAnnealedBootstrap(energy, { minimum: 9, capacity: 8 }), config);
  t.throws(() => flowAnnealedBootstrap(energy, { clip: 0 }), config);
  t.throws(() => reverseKl(energy, { coordinate: { of: (x) => x, range: [1, 0] } }), config);
  const whole = reverseKl(energy, { coordinate: { of: (x) => x, range: [0, 1] } });
  t.throws(() => value(whole, affineFlow(), z), { instanceOf: FlowShapeError });
  for (const objective of [reverseKl, logVariance, mixedKl, flowAnnealedBootstrap]) {
    const other = objective(new DoubleWell({ dims: 3 }));
    t.throws(() => value(other, affineFlow(), z), { instanceOf: FlowShapeError });
    if (other.source)
      await t.throwsAsync(fit(affineFlow(), { objective: other, steps: 1 }), { instanceOf: FlowShapeError });
  }
  t.throws(() => value(reverseKl(energy, { temperatures: [1] }), affineFlow(), z), config);
  const trained = new Flow({
    base: new Normal({ loc: [0, 0], learnable: true }),
    bijector: new Affine({ eventShape: [2] }),
  });
  t.throws(() => value(reverseKl(energy), trained, z), { ...config, message: /base/ });
  t.throws(() => value(reverseKl(energy), Normal.standard([2]) as never, z), config);
  await t.throwsAsync(fit(affineFlow(), { objective: mixedKl(energy), steps: 1 }), { instanceOf: FlowDataError });
  await t.throwsAsync(fit(affineFlow(), { objective: reverseKl(energy), steps: 1, validation: 0.1 }), config);
  await t.throwsAsync(fit(affineFlow(), { objective: reverseKl(energy), steps: 1, stepsPerEpoch: 0 }), config);
  await t.throwsAsync(fit(affineFlow(), gaussianRows(20), { stepsPerEpoch: 5, epochs: 1 }), config);
  await t.throwsAsync(fit(affineFlow(), { objective: flowAnnealedBootstrap(new Nowhere({ bound: 0 })), steps: 1, batchSize: 8 }), {
    instanceOf: FlowDataError, message: /zero/,
  }); // prettier-ignore
});

test('weights are those of the energy within a cut one', (t) => {
  const cut = new RegularizedEnergy({ energy: gaussian(), high: 1, max: 10 });
  const z = tf.tensor2d([[9, 9]]);
  const { logWeights } = reverseKl(cut);
  const flow = affineFlow();
  const weight = logWeights!(flow, { x: z, context: null }, new RandomStream(0)).dataSync()[0];
  t.true(Math.abs(weight + value(reverseKl(gaussian()), flow, z)) < 1e-3);
  t.true(value(reverseKl(cut), flow, z) < value(reverseKl(gaussian()), flow, z) - 50);
});
