import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  type Chain,
  FlowConfigError,
  jet,
  Patchify,
  PixelScaling,
  RandomStream,
  scoreDenoise,
  tarFlow,
  TokenAutoregressive,
  TokenCoupling,
  type Flow,
  type ImageFlowOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

const TINY_JET = { patch: 2, couplings: 6, depth: 1, width: 8, heads: 2 };
const TINY_TAR = { patch: 2, blocks: 3, layers: 1, width: 8, headWidth: 4 };
const RECIPES: Record<string, (options: ImageFlowOptions) => Flow> = {
  jet: (options) => jet({ ...TINY_JET, ...options }),
  tarFlow: (options) => tarFlow({ ...TINY_TAR, ...options }),
};
const IMAGE = [4, 4, 3];

const pixels = (batch: number) => new RandomStream('pixels').uniformTensor([batch, ...IMAGE], 0, 256);

for (const [name, recipe] of Object.entries(RECIPES)) {
  onEachBackend(test, `${name}: starts as patches of scaled pixels, round trips, and is seeded`, (t) => {
    using flow = recipe({ eventShape: IMAGE, seed: 'a' });
    using twin = recipe({ eventShape: IMAGE, seed: 'a' });
    using other = recipe({ eventShape: IMAGE, seed: 'b' });
    tf.tidy(() => {
      const x = pixels(3);
      const chain = flow.bijector as Chain;
      const [patchify, scaling] = chain.bijectors.slice(-2);
      t.true(patchify instanceof Patchify && scaling instanceof PixelScaling);
      assertClose(t, flow.inverse(x), patchify.inverse(scaling.inverse(x)), 0);
      const [, logDet] = chain.inverseAndLogDet(x);
      assertClose(t, logDet, scaling.inverseAndLogDet(x)[1], 1e-6);
      for (const each of [flow, twin, other]) perturb(each, 'weights', 0.2);
      assertClose(t, flow.forward(flow.inverse(x)), x, 1e-3);
      assertClose(t, twin.logProb(x), flow.logProb(x), 0);
      t.notDeepEqual(other.logProb(x).dataSync(), flow.logProb(x).dataSync());
      const draws = flow.sample(5, { seed: 1, temperature: 0.7 });
      t.deepEqual(draws.shape, [5, ...IMAGE]);
      const [again, logProb] = flow.sampleAndLogProb(5, { seed: 1, temperature: 0.7 });
      assertClose(t, again, draws, 1e-4);
      assertClose(t, logProb, flow.logProb(draws), 1e-3);
    });
  });

  onEachBackend(test, `${name}: a context changes the density`, (t) => {
    using flow = recipe({ eventShape: IMAGE, contextShape: [3] });
    perturb(flow, 'context', 0.2);
    tf.tidy(() => {
      const x = pixels(2);
      const classes = tf.tensor2d([1, 0, 0, 0, 1, 0], [2, 3]);
      const [one, two] = [flow.logProb(x, { context: classes }), flow.logProb(x, { context: tf.reverse(classes, 0) })];
      t.notDeepEqual(one.dataSync(), two.dataSync());
      t.deepEqual(flow.sample(2, { seed: 0, context: classes }).shape, [2, ...IMAGE]);
    });
  });

  test(`${name}: presets that are not there are refused`, (t) => {
    t.throws(() => recipe({ eventShape: IMAGE, preset: 'huge' as never }), {
      instanceOf: FlowConfigError,
      message: `${name}.preset: expected 'paper' or 'small', got 'huge'.`,
    });
  });
}

onEachBackend(test, 'the couplings of jet come in their order, and all undo each other', (t) => {
  using flow = jet({ ...TINY_JET, eventShape: [4, 4, 1], couplings: 31 });
  const kinds = (flow.bijector as Chain).bijectors
    .filter((layer) => layer instanceof TokenCoupling)
    .map((layer) => layer.getConfig())
    .reverse();
  const spatial = kinds.filter((_, i) => i % 5 === 4).map(({ kind, flip }) => `${String(kind)} ${String(flip)}`);
  t.true(kinds.every(({ kind }, i) => (i % 5 === 4) !== (kind === 'channels')));
  t.deepEqual(spatial, [
    'checkerboard false',
    'checkerboard true',
    'verticalStripes false',
    'verticalStripes true',
    'horizontalStripes false',
    'horizontalStripes true',
  ]);
});

onEachBackend(test, 'the layers of tarFlow go forward and backward by turns, from the data on', (t) => {
  using flow = tarFlow({ ...TINY_TAR, eventShape: IMAGE });
  const flips = (flow.bijector as Chain).bijectors
    .filter((layer) => layer instanceof TokenAutoregressive)
    .map((layer) => layer.getConfig().flip)
    .reverse();
  t.deepEqual(flips, [false, true, false]);
});

test('small presets are small', (t) => {
  using a = jet({ eventShape: [32, 32, 3], preset: 'small' });
  using b = tarFlow({ eventShape: [32, 32, 3], preset: 'small' });
  t.true(a.parameterCount < 1e6 && b.parameterCount < 1e6, `${a.parameterCount} and ${b.parameterCount}`);
});

test('images that the patches do not fit, and other sizes that make no flow, are refused', (t) => {
  const table = [
    [() => jet({ eventShape: [28, 28, 1], preset: 'small' }), 'TokenCoupling.grid: expected a grid that checkerboard cuts into equal halves, got [7, 7].'],
    [() => jet({ eventShape: [30, 32, 1], preset: 'small' }), 'Patchify.patch: expected a positive integer that divides'],
    [() => jet({ eventShape: IMAGE, couplings: 0 }), 'jet: expected couplings: a positive integer, got 0.'],
    [() => tarFlow({ eventShape: IMAGE, blocks: 0 }), 'tarFlow: expected blocks: a positive integer, got 0.'],
    [() => tarFlow({ eventShape: IMAGE, width: 96 }), 'tarFlow.headWidth: expected a divisor of the width 96, got 64.'],
  ] as const; // prettier-ignore
  for (const [build, message] of table) {
    const error = t.throws(build, { instanceOf: FlowConfigError });
    t.true(error.message.startsWith(message), error.message);
  }
});

onEachBackend(test, 'samples of tarFlow are the same when they are repeated as a program', (t) => {
  using flow = tarFlow({ ...TINY_TAR, eventShape: IMAGE });
  perturb(flow, 'weights', 0.2);
  tf.tidy(() => {
    const first = flow.sample(3, { seed: 1 });
    for (let i = 0; i < 3; i++) assertClose(t, flow.sample(3, { seed: 1 }), first, 1e-4);
  });
});

onEachBackend(test, 'denoising follows the score', (t) => {
  using flow = tarFlow({ ...TINY_TAR, eventShape: IMAGE });
  tf.tidy(() => {
    // At its start the flow is normal: pixels of mean 128 and deviation 128, for which the mean given y is known.
    const y = pixels(2);
    const sigma = 20;
    const expected = tf.add(y, tf.mul(tf.sub(128, y), sigma ** 2 / 128 ** 2));
    assertClose(t, scoreDenoise(flow, y, { sigma }), expected, 1e-5);
    t.throws(() => scoreDenoise(flow, y, { sigma: -1 }), {
      instanceOf: FlowConfigError,
      message: 'scoreDenoise.sigma: expected a number of at least 0, got -1.',
    });
  });
});
