import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  AbsSurjection,
  Affine,
  amortisedNormal,
  Exp,
  fit,
  Flow,
  FlowFileError,
  FlowShapeError,
  importanceWeightedBound,
  loadFlow,
  loadSurjectiveFlow,
  LULinear,
  MLP,
  Normal,
  RandomStream,
  ready,
  Shift,
  SliceSurjection,
  Softplus,
  SortSurjection,
  SurjectiveFlow,
} from '../../src/index.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';
import { inTrainingMode } from '../training/support.js';

test.before(() => ready({ backend: 'wasm' }));

const classifier = (request: { inputs: number; outputs: number; initialOutput: number[] }) =>
  new MLP({ ...request, hidden: [4], activation: 'tanh', seed: 1 });
const small = (request: { eventShape: readonly number[]; contextShape: readonly number[] }) =>
  amortisedNormal({ ...request, hidden: [4], activation: 'tanh' });

const POINTS = [0.05, 0.4, 1, 2.2];

test.serial('exactness follows from what arrives', (t) => {
  const abs = () => new AbsSurjection({ eventShape: [1] });
  const flow = (...layers: ConstructorParameters<typeof SurjectiveFlow>[0]['layers']) => {
    using model = new SurjectiveFlow({ base: Normal.standard([1]), layers });
    return model.exact;
  };
  t.true(flow(new Exp({ eventShape: [1] }), abs()));
  t.false(flow(abs()), 'negative numbers arrive');
  t.true(flow(new AbsSurjection({ eventShape: [1], direction: 'generative' }), abs()) === false);
  t.true(flow(new SortSurjection({ dims: 1, gaps: false })));
  t.true(flow(new Shift({ eventShape: [1] })));
});

/** Numbers of either sign whose absolute values are log-normal. */
function signedRows(n: number): Float32Array {
  const own = new RandomStream('signed');
  return Float32Array.from({ length: n }, () => (own.next() < 0.5 ? -1 : 1) * Math.exp(0.3 + 0.5 * own.nextNormal()));
}

const signedModel = () =>
  new SurjectiveFlow({
    base: Normal.standard([1]),
    layers: [new Affine({ eventShape: [1] }), new Exp({ eventShape: [1] }), new AbsSurjection({ eventShape: [1] })],
  });

test.serial('maximum likelihood finds a density of two signs', async (t) => {
  using model = signedModel();
  const { epochs } = await fit(model, signedRows(2000), { epochs: 60, batchSize: 500, learningRate: 0.05, seed: 1 });
  // Entropy of a log-normal number and a fair sign.
  const entropy = Math.log(2) + 0.3 + 0.5 * Math.log(2 * Math.PI * Math.E * 0.25);
  t.true(Math.abs(epochs.at(-1)!.train - entropy) < 0.05, `${epochs.at(-1)!.train}, entropy ${entropy}`);
});

/** One number as the first of two, which a linear map mixes. */
function toyAugmentation(): SurjectiveFlow {
  const augment = new SliceSurjection({ eventShape: [2], keep: 1, dropped: small, direction: 'generative' });
  return new SurjectiveFlow({ base: Normal.standard([2]), layers: [new LULinear({ dims: 2 }), augment] });
}

test.serial(
  'bounds are trained with fresh draws, which follow from the seed, and leave no tensor behind',
  async (t) => {
    const rows = new RandomStream('rows').normal(400).map((z) => 2 + 0.5 * z);
    const losses = async (seed: string, objective?: ReturnType<typeof importanceWeightedBound>) => {
      using model = toyAugmentation();
      const found: number[] = [];
      await fit(model, rows, { steps: 60, batchSize: 200, learningRate: 0.05, seed, objective, callbacks: { onStep: ({ loss }) => void found.push(loss) } }); // prettier-ignore
      return found;
    };
    const before = tf.memory().numTensors;
    const [one, again, other] = [await losses('a'), await losses('a'), await losses('b')];
    t.deepEqual(one, again);
    t.notDeepEqual(one, other);
    t.is(tf.memory().numTensors, before);
    const entropy = 0.5 * Math.log(2 * Math.PI * Math.E * 0.25);
    t.true(one.at(-1)! < one[0] - 1 && one.at(-1)! > entropy - 0.15, `${one[0]} to ${one.at(-1)}, entropy ${entropy}`);
    const tighter = await losses('a', importanceWeightedBound({ samples: 4 }));
    t.true(tighter[0] < one[0], `${tighter[0]} with four draws, ${one[0]} with one`);
  },
);

test.serial('noise is drawn afresh within a training step, and batches of any shape go through', (t) => {
  using model = toyAugmentation();
  tf.tidy(() => {
    const x = tf.tensor2d(POINTS, [4, 1]);
    const inStep = (key: string) => inTrainingMode(new RandomStream(key), () => [...model.logProb(x).dataSync()]);
    t.notDeepEqual(inStep('one'), inStep('two'));
    const square = model.logProb(tf.reshape(x, [2, 2, 1]), { seed: 1 });
    t.deepEqual(square.shape, [2, 2]);
    assertClose(t, square, model.logProb(x, { seed: 1 }), 0);
    t.deepEqual(model.logProb(tf.zeros([0, 1])).shape, [0]);
    const [drawn, bound] = model.sampleAndLogProb(3, { seed: 2 });
    assertClose(t, bound, model.logProb(drawn), 1e-6);
    t.deepEqual(model.inverse(x).shape, [4, 2]);
  });
});

test.serial('contexts reach the bijectors of a flow', (t) => {
  const conditional = amortisedNormal({ eventShape: [1], contextShape: [1], hidden: [4] });
  using model = new SurjectiveFlow({ base: conditional, layers: [new Softplus({ eventShape: [1] }), new AbsSurjection({ eventShape: [1] })] }); // prettier-ignore
  perturb(model, 'context');
  t.deepEqual(model.contextShape, [1]);
  tf.tidy(() => {
    const x = tf.ones([2, 1]);
    const [a, b] = model.logProb(x, { context: tf.tensor2d([[0], [2]]) }).dataSync();
    t.not(a, b);
    t.throws(() => model.logProb(x), { instanceOf: FlowShapeError });
  });
});

test.serial('a saved flow gives the same numbers once loaded', async (t) => {
  using model = new SurjectiveFlow({
    base: Normal.standard([3]),
    layers: [
      new LULinear({ dims: 3 }),
      new SliceSurjection({ eventShape: [3], keep: 2, dropped: small, direction: 'generative' }),
      new SortSurjection({ dims: 2 }),
      new AbsSurjection({ eventShape: [2], classifier }),
    ],
  });
  perturb(model, 'saved');
  await model.save('memory://surjective');
  using again = await loadSurjectiveFlow('memory://surjective');
  tf.tidy(() => {
    const x = model.sample(6, { seed: 1 });
    assertClose(t, again.sample(6, { seed: 1 }), x, 0);
    assertClose(t, again.logProb(x, { samples: 2 }), model.logProb(x, { samples: 2 }), 0);
  });
  t.is(again.exact, false);
  await t.throwsAsync(loadFlow('memory://surjective'), { instanceOf: FlowFileError, message: /got a saved SurjectiveFlow/ }); // prettier-ignore
  using plain = new Flow({ base: Normal.standard([1]), bijector: new Shift({ eventShape: [1] }) });
  await plain.save('memory://plain flow');
  await t.throwsAsync(loadSurjectiveFlow('memory://plain flow'), { instanceOf: FlowFileError, message: /expected a saved SurjectiveFlow, got a saved Flow/ }); // prettier-ignore
});
