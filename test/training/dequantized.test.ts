import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Adam,
  augment,
  Chain,
  DequantizedFlow,
  dequantizedLikelihood,
  fit,
  Flow,
  FlowConfigError,
  FlowDataError,
  FlowNumericsError,
  FlowShapeError,
  ImageSet,
  MLP,
  negativeLogLikelihood,
  Normal,
  PixelScaling,
  RandomStream,
  ready,
  Sigmoid,
  type Bijector,
  type FitOptions,
  type Objective,
} from '../../src/index.js';
import { Coupling } from '../../src/bijectors/coupling.js';
import { Elementwise } from '../../src/bijectors/elementwise.js';
import { ElementwiseAffine } from '../../src/elementwise/elementwise-affine.js';
import { Brittle, smallFlow, weightsOf } from './support.js';

const D = 6;
const BITS = 3;

test.before(() => ready({ backend: 'wasm' }));

/** A coupling flow over six pixels of three bits. */
function pixelFlow(...extra: Bijector[]): Flow {
  const layer = (odd: number) =>
    new Coupling({
      mask: Array.from({ length: D }, (_, i) => i % 2 === odd),
      transform: new ElementwiseAffine(),
      conditioner: (request) => new MLP({ ...request, hidden: [16], seed: odd }),
    });
  const scaling = new PixelScaling({ eventShape: [D], bits: BITS, low: -2, high: 2 });
  return new Flow({ base: Normal.standard([D]), bijector: new Chain({ bijectors: [layer(0), layer(1), ...extra, scaling] }) }); // prettier-ignore
}

/** Noise that a network learns. */
function learnedNoise(): Flow {
  const transform = new ElementwiseAffine();
  const initialOutput = Array.from({ length: D }, () => transform.identityParameters()).flat();
  const conditioner = new MLP({ inputs: 0, outputs: initialOutput.length, initialOutput, contextShape: [D], hidden: [16], seed: 'noise' }); // prettier-ignore
  const bijectors = [new Elementwise({ eventShape: [D], transform, conditioner }), new Sigmoid({ eventShape: [D] })];
  return new Flow({ base: Normal.standard([D]), bijector: new Chain({ bijectors }) });
}

const build = (dequantizer: 'uniform' | Flow = 'uniform') =>
  new DequantizedFlow({ flow: pixelFlow(), bits: BITS, dequantizer });

/** Pixels that rise together; the last one never varies. */
const images = (() => {
  const stream = new RandomStream('images');
  return Uint8Array.from({ length: 1000 * D }, (_, i) =>
    i % D === D - 1 ? 2 : Math.min(7, stream.nextInteger(3) + (i % D)),
  );
})();

async function lossesOf(model: DequantizedFlow, options: FitOptions): Promise<number[]> {
  const losses: number[] = [];
  await fit(model, images, {
    ...options,
    callbacks: { ...options.callbacks, onStep: ({ loss }) => void losses.push(loss) },
  });
  return losses;
}

/** The dearest of the steps but the first few, in kernels of TF.js. */
async function kernelsOfLaterSteps(model: DequantizedFlow, options: FitOptions): Promise<number> {
  let [most, count] = [0, 0];
  const engine = tf.engine();
  const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
  const watch = ((...call: Parameters<typeof runKernel>) => (
    count++,
    runKernel.apply(engine, call)
  )) as typeof runKernel;
  const onStep = ({ step }: { step: number }) => {
    if (step > 4) most = Math.max(most, count);
    if (step > 3) engine.runKernel = watch;
    count = 0;
  };
  await fit(model, images, { ...options, callbacks: { onStep } }).finally(() => delete (engine as Partial<typeof engine>).runKernel); // prettier-ignore
  return most;
}

const KINDS: readonly { title: string; make: () => DequantizedFlow; objective: Objective }[] = [
  { title: 'uniform noise', make: () => build(), objective: negativeLogLikelihood },
  { title: 'learned noise', make: () => build(learnedNoise()), objective: negativeLogLikelihood },
  {
    title: 'two draws of learned noise',
    make: () => build(learnedNoise()),
    objective: dequantizedLikelihood({ samples: 2 }),
  },
];

for (const { title, make, objective } of KINDS) {
  test.serial(`steps are planned and follow the eager ones: ${title}`, async (t) => {
    const options: FitOptions = { steps: 60, batchSize: 250, seed: 'order', objective };
    // Not declared to be a mean over rows, with the same noise.
    const eager: Objective = Object.assign((...call: Parameters<Objective>) => objective(...call), { noise: objective.noise }); // prettier-ignore
    using one = make();
    using two = make();
    using three = make();
    const expected = await lossesOf(one, { ...options, objective: eager });
    const planned = await lossesOf(two, options);
    const worst = Math.max(...planned.map((loss, i) => Math.abs(loss - expected[i])));
    t.true(worst < 1e-3, `losses differ by up to ${worst}`);
    t.true((await kernelsOfLaterSteps(three, options)) <= 4);
  });
}

test.serial('noise is fresh at every step, the same at every validation, and follows from the seed', async (t) => {
  using one = build();
  using two = build();
  using three = build();
  const optimizer = () => new Adam({ learningRate: 1e-12 });
  const options = (seed: string): FitOptions => ({
    steps: 6,
    batchSize: 1000,
    initialize: false,
    optimizer: optimizer(),
    seed,
  });
  const losses = await lossesOf(one, options('a'));
  t.is(
    new Set(losses.map((loss) => loss.toFixed(4))).size,
    6,
    'the weights stand still, and yet no two losses are equal',
  );
  t.deepEqual(await lossesOf(two, options('a')), losses);
  t.notDeepEqual(await lossesOf(three, options('b')), losses);
  using model = build();
  const { epochs } = await fit(model, images, { ...options('a'), validation: images.subarray(0, 600) });
  const scores = epochs.map(({ validation }) => validation!.toFixed(5));
  t.is(new Set(scores).size, 1);
});

test.serial('a wrapped objective, and one that asks the model itself, see fresh noise too', async (t) => {
  for (const objective of [
    (...call: Parameters<Objective>) => negativeLogLikelihood(...call),
    ((model, { x }) => tf.tidy(() => tf.neg(tf.mean(model.logProb(x))))) as Objective,
  ]) {
    using model = build();
    const losses = await lossesOf(model, {
      steps: 4,
      batchSize: 1000,
      initialize: false,
      objective,
      learningRate: 1e-12,
    });
    t.is(new Set(losses.map((loss) => loss.toFixed(4))).size, 4);
  }
});

test.serial('training lowers the bits, and learned noise lowers them further', async (t) => {
  const options: FitOptions = { epochs: 40, batchSize: 250, learningRate: 1e-2, seed: 1 };
  using uniform = build();
  using learned = build(learnedNoise());
  const v = tf.tensor2d(images, [1000, D], 'float32');
  const bits = (model: DequantizedFlow) => tf.tidy(() => tf.mean(model.bitsPerDim(v, { samples: 8 })).dataSync()[0]);
  const start = bits(uniform);
  await fit(uniform, images, options);
  await fit(learned, images, options);
  // Three values each for five pixels, but for the top one, which clips; and one that is known.
  const entropy = (5 * Math.log2(3)) / D;
  const [after, withNoise] = [bits(uniform), bits(learned)];
  t.true(after < start - 0.3, `${start} to ${after}`);
  t.true(withNoise < after && withNoise > entropy - 0.2, `${after} with uniform noise, ${withNoise} with learned noise, entropy ${entropy}`); // prettier-ignore
  v.dispose();
});

test.serial('a run that is stopped and resumed meets the same noise and the same augmented images', async (t) => {
  const set = new ImageSet({ images, shape: [1000, 2, 3, 1] });
  const data = augment(set, { flip: true, shift: 1 });
  const options: FitOptions = { epochs: 3, batchSize: 300, seed: 'resume' };
  using whole = build();
  using parts = build();
  await fit(whole, data, options);
  const checkpoint = { url: 'memory://dequantized run' };
  await fit(parts, data, { ...options, epochs: 1, checkpoint });
  await fit(parts, data, { ...options, epochs: 2, checkpoint });
  await fit(parts, data, { ...options, checkpoint });
  t.deepEqual(weightsOf(parts), weightsOf(whole));
});

test.serial('functions that make data are given random numbers of the pass in training alone', async (t) => {
  using model = build();
  const passes: (string | null)[] = [];
  const data = function* (pass: RandomStream | null) {
    passes.push(pass && pass.key);
    yield images;
  };
  await fit(model, data, { epochs: 2, batchSize: 500, initialize: false, validation: data, seed: 7 });
  const [first, second] = passes.filter((key) => key !== null);
  t.deepEqual(passes, [null, null, first, null, second, null]);
  t.true(first !== second && first.startsWith('7/'));
});

test.serial('values that are no pixels are refused, and those that repeat are not', async (t) => {
  using model = build();
  const refused = async (rows: number[], message: RegExp) => {
    await t.throwsAsync(fit(model, [rows, rows], { epochs: 1 }), { instanceOf: FlowDataError, message });
  };
  await refused(
    [0, 1, 2, 3, 4, 8],
    /whole numbers in data from 0 to 7.*got 8 at row 0, column 5.*The model adds the noise/,
  );
  await refused([0, 1, 2.5, 3, 4, 7], /got 2\.5 at row 0, column 2/);
  await refused([-1, 1, 2, 3, 4, 7], /got -1 at row 0, column 0/);
  await refused([NaN, 1, 2, 3, 4, 7], /finite numbers/);
  const { warnings } = await fit(model, Array(10).fill([0, 1, 2, 3, 4, 7]), { epochs: 1 }); // prettier-ignore
  t.deepEqual(warnings, []);
});

test.serial(
  'an objective for dequantised flows refuses other models, and noise of another length is refused',
  async (t) => {
    using other = smallFlow();
    const rows = [[0, 1], [2, 4], [1, 0]]; // prettier-ignore
    await t.throwsAsync(fit(other, rows, { objective: dequantizedLikelihood() }), {
      instanceOf: FlowConfigError,
      message: /expected a DequantizedFlow, got a Flow/,
    });
    const odd: Objective = Object.assign((...call: Parameters<Objective>) => negativeLogLikelihood(...call), {
      noise: (_: unknown, n: number) => tf.zeros([n + 1, 2]),
    });
    const before = tf.memory().numTensors;
    await t.throwsAsync(fit(other, rows, { objective: odd }), { instanceOf: FlowShapeError, message: /noise of shape \[3, \.\.\.\], got \[4, 2\]/ }); // prettier-ignore
    t.is(tf.memory().numTensors, before);
    for (const samples of [0, 0.5]) {
      t.throws(() => dequantizedLikelihood({ samples }), { instanceOf: FlowConfigError, message: /dequantizedLikelihood\.samples/ }); // prettier-ignore
    }
  },
);

test.serial('the layer that fails is named, within the flow', async (t) => {
  const flow = new Flow({ base: Normal.standard([2]), bijector: new Chain({ bijectors: [new Elementwise({ eventShape: [2], transform: new ElementwiseAffine() }), new Brittle({ spoil: (first) => first >= 3 })] }) }); // prettier-ignore
  using model = new DequantizedFlow({ flow, bits: 3 });
  const error = await t.throwsAsync(fit(model, [[0, 1], [3, 2], [1, 1]], { epochs: 1, initialize: false }), { instanceOf: FlowNumericsError }); // prettier-ignore
  t.is((error as FlowNumericsError).path, 'flow.bijector.1');
});

test.serial('no tensor is left behind by training', async (t) => {
  using model = build(learnedNoise());
  await fit(model, images, { steps: 2, batchSize: 500 });
  const before = tf.memory().numTensors;
  await fit(model, images, { steps: 6, batchSize: 500, validation: 0.2 });
  t.is(tf.memory().numTensors, before);
});
