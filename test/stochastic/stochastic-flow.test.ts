import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  bennettAcceptanceRatio,
  Coupling,
  effectiveSampleSize,
  ElementwiseAffine,
  Energy,
  fit,
  FlowConfigError,
  FlowEnergy,
  FlowShapeError,
  freeEnergyPerturbation,
  LangevinBlock,
  loadStochasticFlow,
  MalaBlock,
  MetropolisBlock,
  MLP,
  Normal,
  pathDivergence,
  ready,
  realNvp,
  Reshape,
  StochasticFlow,
  UnderdampedLangevinBlock,
  type Bijector,
  type ConditionerRequest,
  type Config,
  type StochasticBlock,
} from '../../src/index.js';
import { Wells, zScore } from '../samplers/targets.js';
import { perturb } from '../support/perturb.js';

test.before(() => ready({ backend: 'wasm' }));

/** One of thirty numbers is that far off, in standard errors, once in some thousand seeds. */
const FAR = 4.3;

const wells = new Wells(3);

class WellsEnergy extends Energy {
  static override readonly className = 'WellsEnergy';
  override readonly eventShape = [2];

  protected override evaluate(x: Tensor): Tensor {
    return wells.energy(x);
  }

  override getConfig(): Config {
    return {};
  }
}

const normal = () => new Normal({ loc: [0.2, -0.1], scale: [1.1, 1.3] });

/** An affine coupling away from its start. */
function bijector(seed: number): Bijector {
  const conditioner = (request: ConditionerRequest) => new MLP({ ...request, hidden: [6], activation: 'tanh', seed });
  const mask = [seed % 2 === 0, seed % 2 === 1];
  const coupling = new Coupling({ mask, transform: new ElementwiseAffine(), conditioner });
  perturb(coupling, seed, 0.15);
  return coupling;
}

const BLOCKS: readonly (readonly [string, (level: number) => StochasticBlock])[] = [
  ['Metropolis', (level) => new MetropolisBlock({ level, steps: 3, stepSize: 0.5 })],
  ['Mala', (level) => new MalaBlock({ level, steps: 2, stepSize: 0.08 })],
  ['Langevin', (level) => new LangevinBlock({ level, steps: 2, stepSize: 0.03 })],
  ['underdamped Langevin', (level) => new UnderdampedLangevinBlock({ level, steps: 3, stepSize: 0.15, friction: 2 })],
  ['Hamilton', (level) => new UnderdampedLangevinBlock({ level, steps: 3, stepSize: 0.15, friction: 0 })],
];

for (const [name, make] of BLOCKS) {
  test.serial(`${name}: from a density to itself, weights are one, all of them or on average`, (t) => {
    const layers = [make(0), make(0.5), make(1)];
    const model = new StochasticFlow({ base: normal(), target: new FlowEnergy({ flow: normal() }), layers });
    const paths = model.forwardPaths(2000, { seed: 'itself' });
    const weights = Float64Array.from(paths.logWeights.dataSync(), Math.exp);
    if (name === 'Metropolis' || name === 'Mala') t.true(weights.every((weight) => Math.abs(weight - 1) < 1e-5));
    else t.true(Math.abs(zScore(weights, 1)) < FAR, `${zScore(weights, 1)}`);
    tf.dispose({ ...paths });
    model.dispose();
  });

  test.serial(`${name}: with maps between blocks, both ways give the partition function`, (t) => {
    const layers = [bijector(1), make(0.3), make(0.7), bijector(2), make(1)];
    const model = new StochasticFlow({ base: normal(), target: new WellsEnergy(), layers });
    const held = tf.memory().numTensors;
    const forward = model.forwardPaths(3000, { seed: 'there' });
    const { value, standardError } = freeEnergyPerturbation(forward.logWeights.dataSync(), { resamples: 10 });
    t.true(Math.abs(value + wells.logPartition) < FAR * standardError, `${value} ± ${standardError}`);
    t.true(standardError < 0.2);
    // Paths from draws of the target carry the work of the way back.
    const x = wells.sample(3000, 'draws');
    const backward = model.backwardPaths(x, { seed: 'back' });
    const works = forward.logWeights.dataSync().map((weight) => -weight);
    const both = bennettAcceptanceRatio(works, backward.logWeights.dataSync(), { resamples: 10 });
    t.true(Math.abs(both.value + wells.logPartition) < FAR * both.standardError, `${both.value}`);
    t.true(both.standardError < 0.05, `${both.standardError}`);
    tf.dispose([{ ...forward }, { ...backward }, x]);
    t.is(tf.memory().numTensors, held);
    model.dispose();
  });
}

test.serial('bijectors alone: weights of a flow, the same there and back', (t) => {
  const model = new StochasticFlow({ base: normal(), target: new WellsEnergy(), layers: [bijector(3), bijector(4)] });
  const forward = model.forwardPaths(5, { seed: 1 });
  const backward = model.backwardPaths(forward.x, { seed: 2 });
  for (const name of ['z', 'entropy', 'logWeights'] as const) {
    const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(forward[name], backward[name]))).dataSync()[0]);
    t.true(difference < 2e-5, `${name}: ${difference}`);
  }
  const x = model.sample(5, { seed: 1 });
  t.deepEqual(x.shape, [5, 2]);
  tf.dispose([{ ...forward }, { ...backward }, x]);
});

test.serial('gradients go through Langevin steps, to the layers before and the step size', (t) => {
  for (const make of [LangevinBlock, UnderdampedLangevinBlock]) {
    const block = new make({ level: 0.6, steps: 2, stepSize: 0.05, learnable: true });
    const model = new StochasticFlow({
      base: normal(),
      target: new WellsEnergy(),
      layers: [bijector(5), block, bijector(6)],
    });
    const objective = pathDivergence({ likelihood: 1, reverse: 1 });
    const x = wells.sample(20, 'gradients');
    const loss = () => tf.tidy(() => objective(model, { x, context: null } as never, { split: (name: string) => name } as never)); // prettier-ignore
    const { grads } = tf.variableGrads(loss as () => tf.Scalar, model.trainableVariables);
    const variables = [block.trainableVariables[0], model.trainableVariables[0], model.trainableVariables.at(-1)!];
    for (const variable of variables) {
      const direction = tf.tidy(() => tf.onesLike(variable));
      const start = tf.clone(variable);
      const at = (move: number) => {
        variable.assign(tf.tidy(() => tf.add(start, tf.mul(direction, move))));
        const value = loss();
        const [number] = value.dataSync();
        value.dispose();
        return number;
      };
      const slope = (at(4e-3) - at(-4e-3)) / 8e-3;
      variable.assign(start);
      const found = tf.tidy(() => tf.sum(grads[variable.name]).dataSync()[0]);
      t.true(Math.abs(found - slope) < 0.02 * Math.abs(slope) + 5e-3, `${make.className}: ${found} ${slope}`);
      tf.dispose([direction, start]);
    }
    tf.dispose([grads, x]);
    model.dispose();
  }
});

test.serial('training raises the effective size, in both directions', async (t) => {
  const blocks = [0.5, 1].map((level) => new MetropolisBlock({ level, steps: 5, stepSize: 0.4 }));
  const layers = [bijector(7), blocks[0], bijector(8), blocks[1]];
  const model = new StochasticFlow({ base: normal(), target: new WellsEnergy(), layers });
  const size = () => {
    const paths = model.forwardPaths(2000, { seed: 'size' });
    const found = effectiveSampleSize(paths.logWeights.dataSync()) / 2000;
    tf.dispose({ ...paths });
    return found;
  };
  const before = size();
  const x = wells.sample(512, 'training');
  const history = await fit(model, x, {
    objective: pathDivergence({ likelihood: 1, reverse: 1 }),
    epochs: 15,
    batchSize: 128,
    learningRate: 0.01,
    seed: 3,
  });
  t.truthy(history);
  t.true(size() > 1.3 * before, `${before} ${size()}`);
  x.dispose();
  model.dispose();
});

test.serial('a model is what it was after saving and loading', async (t) => {
  const layers = [bijector(9), ...BLOCKS.map(([, make]) => make(0.5)), new LangevinBlock({ learnable: true })];
  const model = new StochasticFlow({ base: normal(), target: new FlowEnergy({ flow: normal() }), layers });
  await model.save('memory://stochastic');
  const loaded = await loadStochasticFlow('memory://stochastic');
  const [a, b] = [model, loaded].map((own) => own.forwardPaths(4, { seed: 'saved' }));
  t.deepEqual(a.logWeights.dataSync(), b.logWeights.dataSync());
  tf.dispose([{ ...a }, { ...b }]);
  const flow = realNvp({ dims: 2, layers: 1, hidden: [4] });
  await flow.save('memory://plain');
  await t.throwsAsync(loadStochasticFlow('memory://plain'), { message: /StochasticFlow.*Flow/ });
  for (const module of [model, loaded, flow]) module.dispose();
});

test('what does not fit together is refused', (t) => {
  const [base, target] = [normal(), new WellsEnergy()];
  const build = (change: object) => () => new StochasticFlow({ base, target, layers: [], ...change });
  t.throws(build({ base: null }), { instanceOf: FlowConfigError });
  t.throws(build({ target: {} }), { instanceOf: FlowConfigError });
  t.throws(build({ layers: [7] }), { instanceOf: FlowConfigError, message: /layers\[0\]/ });
  t.throws(build({ base: new Normal({ loc: [0, 0, 0] }) }), { instanceOf: FlowShapeError });
  const turned = new Reshape({ eventShapeIn: [2], eventShapeOut: [2, 1] });
  t.throws(build({ layers: [turned, new MetropolisBlock({ level: 0 })] }), {
    instanceOf: FlowShapeError,
    message: /layer 1/,
  });
  t.throws(build({ layers: [turned, turned] }), { instanceOf: FlowShapeError, message: /layer 1/ });
  t.throws(() => new MetropolisBlock({ level: 2 }), { instanceOf: FlowConfigError });
  t.throws(() => new MalaBlock({ steps: 0 }), { instanceOf: FlowConfigError });
  t.throws(() => new LangevinBlock({ stepSize: 0 }), { instanceOf: FlowConfigError });
  t.throws(() => new UnderdampedLangevinBlock({ friction: -1 }), { instanceOf: FlowConfigError });
  const model = build({})();
  t.throws(() => model.forwardPaths(0, { seed: 1 }), { instanceOf: FlowConfigError });
  t.throws(() => model.backwardPaths(tf.zeros([3]), { seed: 1 }), { instanceOf: FlowShapeError });
  t.throws(() => model.backwardPaths(tf.zeros([2, 3, 2]), { seed: 1 }), { instanceOf: FlowShapeError });
  t.throws(() => model.logProb(tf.zeros([1, 2])), { instanceOf: FlowConfigError, message: /pathDivergence/ });
  t.throws(() => pathDivergence({ likelihood: -1 }), { instanceOf: FlowConfigError });
  t.throws(() => pathDivergence({ likelihood: 0 }), { instanceOf: FlowConfigError });
  const batch = { x: tf.zeros([1, 2]), context: null } as never;
  t.throws(() => pathDivergence()(normal(), batch, null as never), { instanceOf: FlowConfigError });
});
