import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import type { Distribution } from '../../src/index.js';
import {
  AbsSurjection,
  amortisedNormal,
  Flow,
  FlowConfigError,
  FlowShapeError,
  importanceWeightedBound,
  MaxSurjection,
  MLP,
  MultivariateNormal,
  Normal,
  RandomStream,
  ready,
  Shift,
  SliceSurjection,
  Softplus,
  SortSurjection,
  SurjectiveFlow,
  type Module,
  type Surjection,
  type SurjectionDirection,
} from '../../src/index.js';
import { deserialize, serialize } from '../../src/io/config.js';
import { libraryCatalogue } from '../../src/io/catalogue.js';
import { softplusGaps } from '../../src/flows/surjections/max-surjection.js';
import { assertClose, numbersOf } from '../support/close.js';
import { perturb } from '../support/perturb.js';

test.before(() => ready({ backend: 'wasm' }));

const stream = new RandomStream('surjections');
const classifier = (request: { inputs: number; outputs: number; initialOutput: number[] }) =>
  new MLP({ ...request, hidden: [4], activation: 'tanh', seed: 1 });
const small = (request: { eventShape: readonly number[]; contextShape: readonly number[] }) =>
  amortisedNormal({ ...request, hidden: [4], activation: 'tanh' });

/** Every map, either way round. */
const MAPS: readonly [title: string, make: (direction: SurjectionDirection) => Surjection][] = [
  ['abs', (direction) => new AbsSurjection({ eventShape: [2, 2], direction })],
  ['abs with a classifier', (direction) => new AbsSurjection({ eventShape: [3], direction, classifier })],
  ['sort', (direction) => new SortSurjection({ dims: 4, direction, gaps: false })],
  ['slice', (direction) => new SliceSurjection({ eventShape: [5], keep: 2, dropped: small, direction })],
  ['slice of channels', (direction) => new SliceSurjection({ eventShape: [2, 2, 3], keep: 1, dropped: small, direction })], // prettier-ignore
  ['max', (direction) => new MaxSurjection({ eventShape: [3], gaps: softplusGaps, direction, classifier })],
  ['max of groups', (direction) => new MaxSurjection({ eventShape: [2, 3], gaps: softplusGaps, direction })],
];

/** Points that a generative surjection takes for data. */
function narrowPoints(map: Surjection, rows: number): Tensor {
  const z = stream.split('wide').normalTensor([rows, ...map.wideShape]);
  return map.forward(z, stream);
}

const rowsOf = (values: Tensor, rows: number) => numbersOf(tf.add(tf.zeros([rows]), values));

for (const [title, make] of MAPS) {
  test.serial(`the map undoes its right inverse, and both directions give one density: ${title}`, (t) => {
    using generative = make('generative');
    using inference = make('inference');
    for (const module of [generative, inference]) perturb(module, 'both', 0.8);
    tf.tidy(() => {
      const x = narrowPoints(generative, 50);
      t.deepEqual(x.shape, [50, ...generative.narrowShape]);
      const noise = generative.drawNoise(50, stream);
      t.deepEqual(noise.shape, [50, generative.noiseSize]);
      const { z, contribution } = generative.inverse(x, noise);
      assertClose(t, generative.forward(z, stream), x, 1e-5);
      const back = inference.inverse(z, null);
      assertClose(t, back.z, x, 1e-5);
      assertClose(t, rowsOf(back.contribution, 50), rowsOf(tf.neg(contribution), 50), 2e-4);
      const drawn = inference.forward(x, stream);
      assertClose(t, inference.inverse(drawn, null).z, x, 1e-5);
      t.false(largestDifference(drawn, inference.forward(x, stream)) === 0, 'two draws differ');
    });
  });
}

function largestDifference(a: Tensor, b: Tensor): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];
}

test.serial('samples are rebuilt from their options and weights, and leave no tensor behind', (t) => {
  for (const make of [AbsSurjection, SortSurjection, SliceSurjection, MaxSurjection].flatMap(
    ({ samples }) => samples as readonly (() => Surjection)[],
  )) {
    // prettier-ignore
    const atStart = tf.memory().numTensors;
    const map = make();
    const copy = deserialize(JSON.parse(JSON.stringify(serialize(map))) as never, libraryCatalogue(), 'test') as Surjection; // prettier-ignore
    t.deepEqual(serialize(copy), serialize(map));
    tf.tidy(() => {
      const z = stream.split('samples').normalTensor([3, ...map.eventShapeIn]);
      const x = map.forward(z, new RandomStream(1));
      assertClose(t, copy.forward(z, new RandomStream(1)), x, 0);
      const noise = map.drawNoise(3, new RandomStream(2));
      assertClose(t, copy.inverse(x, noise).z, map.inverse(x, noise).z, 0);
    });
    map.dispose();
    copy.dispose();
    t.is(tf.memory().numTensors, atStart, map.className);
  }
});

const logNormal = (x: number, mean = 0, scale = 1) =>
  -0.5 * ((x - mean) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);
const logAddExp = (a: number, b: number) => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
const meanOf = (values: Tensor) => tf.mean(values).dataSync()[0];
const POINTS = [0.05, 0.4, 1, 2.2];

/** Overwrites the weights whose paths end so. */
function assign(module: Module, weights: Record<string, readonly number[]>): void {
  for (const [ending, values] of Object.entries(weights)) {
    const { variable } = module.parameters.find(({ path }) => path.endsWith(ending))!;
    tf.tidy(() => variable.assign(tf.tensor([...values], variable.shape)));
  }
}

/** `|z|`, `z ~ N(mean, 0.8²)`, with a logit `slope · x` of the positive sign. */
function foldedNormal(mean: number, slope: number | null): SurjectiveFlow {
  const linear = slope !== null && (({ inputs, outputs }: { inputs: number; outputs: number }) => new MLP({ inputs, outputs, hidden: [] })); // prettier-ignore
  const model = new SurjectiveFlow({
    base: new Normal({ loc: [mean], scale: 0.8 }),
    layers: [new AbsSurjection({ eventShape: [1], direction: 'generative', classifier: linear || null })],
  });
  if (slope !== null) assign(model, { 'output.kernel': [slope], 'output.bias': [0] });
  return model;
}

const foldedLogProb = (x: number, mean: number) => logAddExp(logNormal(x, mean, 0.8), logNormal(-x, mean, 0.8));

test.serial('folded normal: the bound is exact with the posterior of the sign, and zero at negative numbers', (t) => {
  using symmetric = foldedNormal(0, null);
  using skewed = foldedNormal(0.7, (2 * 0.7) / 0.8 ** 2);
  t.false(symmetric.exact);
  t.deepEqual(symmetric.support, [0, Infinity]);
  tf.tidy(() => {
    const x = tf.tensor2d(POINTS, [4, 1]);
    for (const seed of [1, 2, 3]) {
      assertClose(t, symmetric.logProb(x, { seed }), POINTS.map((at) => foldedLogProb(at, 0)), 1e-5); // prettier-ignore
      assertClose(t, skewed.logProb(x, { seed, samples: seed }), POINTS.map((at) => foldedLogProb(at, 0.7)), 1e-5); // prettier-ignore
    }
    t.deepEqual([...symmetric.logProb(tf.tensor2d([-0.1], [1, 1])).dataSync()], [-Infinity]);
    t.deepEqual([...skewed.logProb(tf.tensor2d([-0.1], [1, 1]), { samples: 3 }).dataSync()], [-Infinity]);
    t.true(numbersOf(skewed.sample(100, { seed: 1 }))[0] >= 0);
  });
});

test.serial('folded normal: bounds lie below on average, by the divergence, and rise with the draws', (t) => {
  using model = foldedNormal(0.7, null);
  tf.tidy(() => {
    const x = 0.5;
    const exact = foldedLogProb(x, 0.7);
    const bounds = [1, 2, 8, 32].map((samples) => meanOf(model.logProb(tf.fill([4000, 1], x), { samples, seed: 4 })));
    const elbo = Math.log(2) + 0.5 * (logNormal(x, 0.7, 0.8) + logNormal(-x, 0.7, 0.8));
    t.true(Math.abs(bounds[0] - elbo) < 0.04, `${bounds[0]}, expected ${elbo}`);
    for (let i = 1; i < 4; i++) t.true(bounds[i] > bounds[i - 1], `${bounds}`);
    t.true(bounds[3] < exact + 0.01 && bounds[3] > exact - 0.04, `${bounds[3]} of ${exact}`);
  });
});

test.serial('gradients of choices are those of the exact bound, with one draw and with two', (t) => {
  const [mean, x, slope, rows] = [0.7, 0.5, 0.9, 30_000];
  using model = foldedNormal(mean, slope);
  /** The bound with one or two draws, by enumeration. */
  const expected = (at: number, draws: number) => {
    const signs = [1, -1].map((sign) => ({ q: 1 / (1 + Math.exp(-sign * at * x)), p: Math.exp(logNormal(sign * x, mean, 0.8)) })); // prettier-ignore
    if (draws === 1) return signs.reduce((sum, { q, p }) => sum + q * Math.log(p / q), 0);
    return signs.reduce((sum, a) => sum + signs.reduce((s, b) => s + a.q * b.q * Math.log((a.p / a.q + b.p / b.q) / 2), 0), 0); // prettier-ignore
  };
  for (const samples of [1, 2]) {
    const gradient = tf.tidy(() => {
      const points = tf.fill([rows, 1], x);
      const loss = () => tf.mean(model.logProb(points, { samples, seed: 'gradient' })).asScalar();
      const { grads } = tf.variableGrads(loss);
      const kernel = model.parameters.find(({ path }) => path.endsWith('kernel'))!.variable;
      return grads[kernel.name].dataSync()[0];
    });
    const slopeOf = (expected(slope + 1e-4, samples) - expected(slope - 1e-4, samples)) / 2e-4;
    t.true(Math.abs(gradient - slopeOf) < 0.01, `${samples} draws: ${gradient}, expected ${slopeOf}`);
  }
});

/** Sum over a grid of cells of the density, in one or two dimensions. */
function mass(model: Distribution, dims: 1 | 2, reach: number, steps: number): number {
  return tf.tidy(() => {
    const ticks = Array.from({ length: steps }, (_, i) => -reach + (2 * reach * (i + 0.5)) / steps);
    const points = dims === 1 ? ticks : ticks.flatMap((a) => ticks.flatMap((b) => [a, b]));
    const density = tf.exp(model.logProb(tf.tensor2d(points, [points.length / dims, dims])));
    return tf.sum(density).dataSync()[0] * ((2 * reach) / steps) ** dims;
  });
}

/** The mean of `cos(a + 2b)` over draws, and over the density on a grid. */
function agreement(t: Parameters<typeof assertClose>[0], model: Distribution, reach: number): void {
  tf.tidy(() => {
    const f = (x: Tensor) => tf.cos(tf.sum(tf.mul(x, tf.tensor1d([1, 2])), 1));
    const drawn = meanOf(f(model.sample(20_000, { seed: 'draws' })));
    const steps = 160;
    const ticks = Array.from({ length: steps }, (_, i) => -reach + (2 * reach * (i + 0.5)) / steps);
    const grid = tf.tensor2d(ticks.flatMap((a) => ticks.flatMap((b) => [a, b])), [steps ** 2, 2]); // prettier-ignore
    const expected = tf.sum(tf.mul(f(grid), tf.exp(model.logProb(grid)))).dataSync()[0] * ((2 * reach) / steps) ** 2;
    t.true(Math.abs(drawn - expected) < 0.03, `${drawn} over draws, ${expected} over the density`);
  });
}

const TWO_DIMENSIONAL: readonly [string, () => SurjectiveFlow][] = [
  ['abs', () => new SurjectiveFlow({ base: new Normal({ loc: [1, 2] }), layers: [new Softplus({ eventShape: [2] }), new AbsSurjection({ eventShape: [2], classifier })] })], // prettier-ignore
  ['sort', () => new SurjectiveFlow({ base: new Normal({ loc: [-0.5, 1] }), layers: [new SortSurjection({ dims: 2 })] })], // prettier-ignore
  ['slice', () => new SurjectiveFlow({ base: Normal.standard([1]), layers: [new SliceSurjection({ eventShape: [2], keep: 1, dropped: small })] })], // prettier-ignore
  ['max', () => new SurjectiveFlow({ base: Normal.standard([1]), layers: [new MaxSurjection({ eventShape: [2], gaps: softplusGaps, classifier })] })], // prettier-ignore
];

for (const [title, make] of TWO_DIMENSIONAL) {
  test.serial(`an inference surjection gives an exact density, which draws follow: ${title}`, (t) => {
    using model = make();
    t.true(model.exact);
    t.is(model.drawNoise(3, stream), null);
    perturb(model, 'exact');
    const total = mass(model, 2, 9, 240);
    t.true(Math.abs(total - 1) < 0.02, `integral ${total}`);
    agreement(t, model, 9);
    tf.tidy(() => {
      const x = model.sample(5, { seed: 1 });
      assertClose(t, model.logProb(x, { seed: 1, samples: 3 }), model.logProb(x, { seed: 2 }), 0);
    });
  });
}

test.serial('order statistics of independent numbers, in both directions', (t) => {
  const dims = 4;
  const base = Normal.standard([dims]);
  using sorted = new SurjectiveFlow({ base, layers: [new SortSurjection({ dims, direction: 'generative' })] });
  tf.tidy(() => {
    const x = sorted.sample(20, { seed: 1 });
    const single = numbersOf(tf.sum(tf.mul(tf.add(tf.square(x), Math.log(2 * Math.PI)), -0.5), 1));
    // The density of the order statistics of D numbers is D! times theirs.
    const expected = Array.from(single, (value) => value + Math.log(24));
    for (const seed of [1, 2]) assertClose(t, sorted.logProb(x, { seed }), expected, 1e-5);
    t.deepEqual([...sorted.logProb(tf.tensor2d([[0, 2, 1, 3]])).dataSync()], [-Infinity]);
    using model = new SurjectiveFlow({ base: sorted, layers: [new SortSurjection({ dims, gaps: false })] });
    t.false(model.exact, 'what lies below is not known to ascend');
    const shuffled = model.sample(20, { seed: 2 });
    assertClose(t, model.logProb(shuffled), base.logProb(shuffled), 1e-5);
    const gaps = new SortSurjection({ dims: 3 });
    const values = tf.tensor2d([[2, -1, 0.5]]);
    const { z, contribution } = gaps.inverse(values, null);
    const u = [1.5, 1.5].map((g) => Math.log(Math.expm1(g)));
    assertClose(t, z, [-1, ...u], 1e-5);
    const volume = [1.5, 1.5].reduce((sum, g) => sum - Math.log(-Math.expm1(-g)), 0);
    assertClose(t, contribution, [volume - Math.log(6)], 1e-5);
    // Equal numbers keep their order, and stay finite.
    t.true([...gaps.inverse(tf.tensor2d([[1, 1, 1]]), null).z.dataSync()].every(Number.isFinite));
  });
});

test.serial('the largest of two normal numbers: bounds rise to its density', (t) => {
  using model = new SurjectiveFlow({
    base: Normal.standard([2]),
    layers: [new MaxSurjection({ eventShape: [2], gaps: softplusGaps, direction: 'generative' })],
  });
  tf.tidy(() => {
    // 2 φ(x) Φ(x) at 0.
    const exact = logNormal(0);
    const bounds = [1, 8, 64].map((samples) => meanOf(model.logProb(tf.zeros([1500, 1]), { samples, seed: 1 })));
    t.true(bounds[0] < exact - 0.02 && bounds[1] > bounds[0] && bounds[2] < exact + 0.005, `${bounds} of ${exact}`);
    t.true(Math.abs(bounds[2] - exact) < 0.02, `${bounds[2]} of ${exact}`);
  });
});

test.serial('places of the largest number: the first of equals, as often as the classifier says', (t) => {
  tf.tidy(() => {
    using map = new MaxSurjection({ eventShape: [3], gaps: softplusGaps });
    const { z } = map.inverse(tf.tensor2d([[2, 1, 2], [0, 5, -1]]), null); // prettier-ignore
    t.deepEqual([...z.dataSync()], [2, 5]);
    const linear = ({ inputs, outputs }: { inputs: number; outputs: number }) => new MLP({ inputs, outputs, hidden: [] }); // prettier-ignore
    using biased = new MaxSurjection({ eventShape: [3], gaps: softplusGaps, classifier: linear });
    assign(biased, { 'output.kernel': [0, 0, 0], 'output.bias': [0.2, 0.5, 0.3].map(Math.log) });
    const x = biased.forward(tf.zeros([20_000, 1]), stream.split('places'));
    const shares = numbersOf(tf.mean(tf.cast(tf.equal(x, 0), 'float32'), 0));
    [0.2, 0.5, 0.3].forEach((share, k) => t.true(Math.abs(shares[k] - share) < 0.02, `${shares}`));
  });
});

/** Two correlated normal numbers, of which the first is data. */
function augmented(exactPosterior: boolean): SurjectiveFlow {
  const base = new MultivariateNormal({ loc: [0.5, -1], covariance: [[1, 0.9], [0.9, 1.5]] }); // prettier-ignore
  const dropped = ({ eventShape, contextShape }: { eventShape: readonly number[]; contextShape: readonly number[] }) =>
    amortisedNormal({ eventShape, contextShape, hidden: [] });
  const model = new SurjectiveFlow({ base, layers: [new SliceSurjection({ eventShape: [2], keep: 1, dropped, direction: 'generative' })] }); // prettier-ignore
  const scale = Math.sqrt(1.5 - 0.81);
  if (exactPosterior) assign(model, { 'output.kernel': [0.9, 0], 'output.bias': [-1 - 0.45, 5 * Math.atanh(Math.log(scale) / 5)] }); // prettier-ignore
  return model;
}

test.serial('augmentation: exact with the conditional distribution, below it otherwise', (t) => {
  using right = augmented(true);
  using wrong = augmented(false);
  tf.tidy(() => {
    const x = tf.tensor2d(POINTS, [4, 1]);
    const expected = POINTS.map((at) => logNormal(at, 0.5, 1));
    for (const seed of [1, 2]) assertClose(t, right.logProb(x, { seed }), expected, 2e-5);
    const bounds = [1, 16].map((samples) => meanOf(wrong.logProb(tf.fill([3000, 1], 1), { samples, seed: 'draws' })));
    t.true(bounds[0] < bounds[1] - 0.05 && bounds[1] < logNormal(1, 0.5, 1) + 0.02, `${bounds}`);
  });
});

test.serial('slice: the density is that of the kept part times the conditional one', (t) => {
  const base = new Normal({ loc: [0.5] });
  const dropped = ({ eventShape, contextShape }: { eventShape: readonly number[]; contextShape: readonly number[] }) =>
    amortisedNormal({ eventShape, contextShape, hidden: [] });
  using model = new SurjectiveFlow({ base, layers: [new SliceSurjection({ eventShape: [2], keep: 1, dropped })] });
  using expected = new MultivariateNormal({ loc: [0.5, -1], covariance: [[1, 0.9], [0.9, 1.5]] }); // prettier-ignore
  assign(model, { 'output.kernel': [0.9, 0], 'output.bias': [-1.45, 5 * Math.atanh(Math.log(Math.sqrt(0.69)) / 5)] });
  tf.tidy(() => {
    const x = expected.sample(10, { seed: 1 });
    assertClose(t, model.logProb(x), expected.logProb(x), 2e-5);
  });
});

test('layers that do not fit, and options out of range, are refused', (t) => {
  const base = () => Normal.standard([2]);
  const standard = (shape: readonly number[]) => new Flow({ base: Normal.standard(shape), bijector: new Shift({ eventShape: shape }) }); // prettier-ignore
  const slice = (options: object) => () =>
    new SliceSurjection({ eventShape: [3], keep: 1, dropped: small, ...options });
  const max = (options: object) => () => new MaxSurjection({ eventShape: [3], gaps: softplusGaps, ...options });
  const config: [() => unknown, RegExp][] = [
    [() => new SurjectiveFlow({ base: base(), layers: [] }), /^SurjectiveFlow\.layers: expected a list of at least one layer, got an empty list/], // prettier-ignore
    [() => new SurjectiveFlow({ base: base(), layers: [base() as never] }), /^SurjectiveFlow\.layers\[0\]: expected a Bijector or a Surjection/], // prettier-ignore
    [() => new AbsSurjection({ eventShape: [0] }), /^AbsSurjection\.eventShape: expected a shape/],
    [() => new AbsSurjection({ eventShape: [2], direction: 'up' as never }), /^AbsSurjection\.direction: expected 'inference' or 'generative', got 'up'/], // prettier-ignore
    [() => new AbsSurjection({ eventShape: [2], classifier: new MLP({ inputs: 2, outputs: 1, hidden: [] }) }), /^AbsSurjection: expected a conditioner from 2 inputs to 2 outputs/], // prettier-ignore
    [() => new SortSurjection({ dims: 1.5 }), /^SortSurjection\.dims: expected a positive integer/],
    [() => new SortSurjection({ dims: 2, direction: 'generative', gaps: true }), /^SortSurjection\.gaps: expected false/], // prettier-ignore
    [
      slice({ keep: 3 }),
      /^SliceSurjection\.keep: expected a whole number from 1 to 2, for events of shape \[3\], got 3/,
    ],
    [slice({ dropped: 'normal' }), /^SliceSurjection\.dropped: expected a Flow/],
    [slice({ dropped: new Flow({ base: new Normal({ eventShape: [2], learnable: true }), bijector: new Shift({ eventShape: [2] }) }) }), /base takes no context and is not trained, got a Normal with trained/], // prettier-ignore
    [max({ eventShape: [1] }), /^MaxSurjection\.eventShape: expected at least two numbers/],
    [max({ gaps: standard([2]) }), /^MaxSurjection\.gaps: expected a flow of positive numbers, got one of numbers in \(-Infinity, Infinity\)/], // prettier-ignore
    [() => importanceWeightedBound({ samples: 0 }), /^importanceWeightedBound\.samples: expected a positive whole number, got 0/], // prettier-ignore
  ];
  for (const [build, message] of config) t.throws(build, { instanceOf: FlowConfigError, message });
  const shape: [() => unknown, RegExp][] = [
    [() => new SurjectiveFlow({ base: base(), layers: [new SortSurjection({ dims: 3 })] }), /^SurjectiveFlow\.layers\[0\]: expected a SortSurjection that takes events of shape \[2\], as the base gives, got \[3\]/], // prettier-ignore
    [slice({ dropped: standard([3]) }), /^SliceSurjection\.dropped: expected events of shape \[2\] and contexts of \[1\] or none, got events of \[3\]/], // prettier-ignore
  ];
  for (const [build, message] of shape) t.throws(build, { instanceOf: FlowShapeError, message });
  using map = new SortSurjection({ dims: 2 });
  using model = foldedNormal(0, null);
  tf.tidy(() => {
    t.throws(() => map.forward(tf.zeros([2, 3]), stream), { instanceOf: FlowShapeError, message: /^SortSurjection\.forward: expected z of shape \[\.\.\., 2\]/ }); // prettier-ignore
    t.throws(() => map.inverse(tf.zeros([2, 3]), null), { instanceOf: FlowShapeError, message: /^SortSurjection\.inverse: expected x/ }); // prettier-ignore
    t.throws(() => model.logProb(tf.zeros([2, 3])), {
      instanceOf: FlowShapeError,
      message: /^SurjectiveFlow\.logProb/,
    });
    t.throws(() => model.logProb(tf.zeros([2, 1]), { samples: 0.5 }), { instanceOf: FlowConfigError, message: /^SurjectiveFlow\.logProb\.samples/ }); // prettier-ignore
  });
  const { objective, flow } = { objective: importanceWeightedBound(), flow: standard([1]) };
  t.throws(() => objective(flow, { x: tf.tidy(() => tf.zeros([1, 1])), context: null }, stream), { instanceOf: FlowConfigError, message: /^importanceWeightedBound: expected a model with latent variables.*got a Flow/ }); // prettier-ignore
});
