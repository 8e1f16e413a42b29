import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  cincFlow,
  fincFlow,
  fit,
  FlowConfigError,
  FlowShapeError,
  glow,
  loadFlow,
  RandomStream,
  ready,
  rqGlow,
  type Flow,
  type MultiScaleFlowOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

test.before(() => ready({ backend: 'wasm' }));

const RECIPES: Record<string, (options: MultiScaleFlowOptions) => Flow> = { glow, cincFlow, fincFlow, rqGlow };

const SMALL = { levels: 2, steps: 2, hidden: 6, seed: 'image recipes' };

/** Images with noise, `[n, h, w, c]` in [0, 256). */
function images(n: number, [height, width, channels]: readonly number[]): tf.Tensor {
  return new RandomStream('images').uniformTensor([n, height, width, channels], 0, 256);
}

for (const [name, recipe] of Object.entries(RECIPES)) {
  onEachBackend(test, `${name}: round trips, sees whole images, is seeded, and its draws have its density`, (t) => {
    const eventShape = [4, 8, 3];
    using flow = recipe({ eventShape, ...SMALL });
    using twin = recipe({ eventShape, ...SMALL });
    tf.tidy(() => {
      const x = images(5, eventShape);
      [flow, twin].forEach((each) => perturb(each, 'weights', 0.02));
      t.deepEqual(flow.eventShape, eventShape);
      t.deepEqual(flow.base.eventShape, [96]);
      assertClose(t, flow.forward(flow.inverse(x)), x.dataSync(), 0.05, 'round trip');
      assertClose(t, twin.logProb(x), flow.logProb(x).dataSync(), 0, 'equal seeds');
      const [draws, logProb] = flow.sampleAndLogProb(4, { seed: 0 });
      assertClose(t, logProb, flow.logProb(draws).dataSync(), 0.05, 'density of draws');
      // Every pixel counts for the density of the image, and for the number at the end of its base.
      const gradient = tf.grad((u: tf.Tensor) => tf.sum(flow.logProb(u)))(x);
      t.true(gradient.dataSync().every((value) => value !== 0 && Number.isFinite(value)));
    });
  });

  test(`${name}: whole images at one scale, and conditional ones`, (t) => {
    const eventShape = [4, 4, 1];
    using whole = recipe({ eventShape, ...SMALL, split: false });
    using conditional = recipe({ eventShape, ...SMALL, contextShape: [3] });
    tf.tidy(() => {
      const x = images(3, eventShape);
      [whole, conditional].forEach((each) => perturb(each, 'weights', 0.05));
      assertClose(t, whole.forward(whole.inverse(x)), x.dataSync(), 0.05, 'round trip');
      const [one, two] = [tf.oneHot([0, 0, 0], 3), tf.oneHot([1, 1, 1], 3)].map((context) =>
        conditional.logProb(x, { context: tf.cast(context, 'float32') }).dataSync(),
      );
      t.true(one.every((value, i) => Number.isFinite(value) && value !== two[i]));
      t.throws(() => conditional.logProb(x), { instanceOf: FlowShapeError });
    });
  });

  test(`${name}: a few steps of training bring the bits down from the start`, async (t) => {
    using flow = recipe({ eventShape: [4, 4, 1], ...SMALL, bits: 3 });
    // A ramp from dark to bright with noise in it.
    const rows = tf.tidy(() => {
      const ramp = tf.reshape(tf.linspace(0, 6, 16), [1, 4, 4, 1]);
      return tf.add(ramp, new RandomStream('ramps').uniformTensor([256, 4, 4, 1]));
    });
    const { epochs } = await fit(flow, rows, { epochs: 6, batchSize: 64, learningRate: 3e-3, seed: 0 });
    t.true(epochs.at(-1)!.train < epochs[0].train - 1, epochs.map(({ train }) => train.toFixed(2)).join(' '));
    rows.dispose();
  });

  test(`${name}: is saved and loaded to the last bit`, async (t) => {
    using flow = recipe({ eventShape: [4, 4, 1], ...SMALL });
    perturb(flow, 'weights', 0.05);
    await flow.save(`memory://${name}`);
    using again = await loadFlow(`memory://${name}`);
    tf.tidy(() => {
      const x = images(3, [4, 4, 1]);
      assertClose(t, again.logProb(x), flow.logProb(x).dataSync(), 0, 'loaded');
    });
  });
}

test('the parameters of one step of Glow, counted by hand', (t) => {
  using flow = glow({ eventShape: [4, 4, 1], levels: 1, steps: 1, hidden: 6 });
  // Four channels: normalisation, the triangles and scales of a 4 x 4 matrix, then 2 -> 6 -> 6 -> 4 channels and their factors.
  const coupling = 9 * 2 * 6 + 6 + 6 * 6 + 6 + 9 * 6 * 4 + 4 + 4;
  t.is(flow.parameterCount, 2 * 4 + (6 + 6 + 4) + coupling);
});

test('images that cannot be halved so often, and sizes that are none', (t) => {
  const thrown = (options: Partial<MultiScaleFlowOptions>) => () =>
    glow({ eventShape: [8, 8, 1], ...SMALL, ...options });
  t.throws(thrown({ eventShape: [28, 28, 1], levels: 3 }), { instanceOf: FlowShapeError, message: /glow: expected images whose height and width are multiples of 8/ }); // prettier-ignore
  t.throws(thrown({ eventShape: [8, 8] }), { instanceOf: FlowShapeError });
  t.throws(thrown({ levels: 0 }), { instanceOf: FlowConfigError, message: /levels: a positive integer/ });
  t.throws(thrown({ steps: 1.5 }), { instanceOf: FlowConfigError, message: /steps: a positive integer/ });
  t.throws(thrown({ hidden: 0 }), { instanceOf: FlowConfigError, message: /hidden: a positive integer/ });
  t.throws(thrown({ preset: 'large' as 'small' }), { instanceOf: FlowConfigError, message: /glow.preset/ });
  t.throws(thrown({ bits: 0 }), { instanceOf: FlowConfigError });
});
