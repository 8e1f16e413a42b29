import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  ActNorm,
  Chain,
  Conv1x1,
  Flow,
  FlowConfigError,
  FlowShapeError,
  MultiScale,
  Normal,
  RandomStream,
  Squeeze,
  type Bijector,
  type Shape,
} from '../../../src/index.js';
import { libraryCatalogue } from '../../../src/io/catalogue.js';
import { deserialize, serialize } from '../../../src/io/config.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { denseLogDet } from '../../support/images.js';
import { PerPixel, perPixel } from '../../support/per-pixel.js';
import { perturb } from '../../support/perturb.js';

/** A level of Glow without its couplings. */
function step(eventShape: Shape): Bijector {
  const squeeze = new Squeeze({ eventShape });
  const inside = squeeze.eventShapeIn;
  const mixed = [new Conv1x1({ eventShape: inside, seed: 'mix' }), new ActNorm({ eventShape: inside })];
  return new Chain({ bijectors: [...mixed, squeeze] });
}

function squeezeOnly(eventShape: Shape): Bijector {
  return new Squeeze({ eventShape });
}

onEachBackend(test, 'what leaves first comes first; the first half of the channels goes on', (t) => {
  using flow = new MultiScale({ eventShape: [4, 4, 1], levels: [squeezeOnly, squeezeOnly] });
  t.deepEqual(flow.eventShapeIn, [16]);
  tf.tidy(() => {
    // 10 row + column at each pixel.
    const x = tf.tensor(
      Array.from({ length: 16 }, (_, i) => 10 * Math.floor(i / 4) + (i % 4)),
      [4, 4, 1],
    );
    const [z, logDet] = flow.inverseAndLogDet(x);
    // Lower halves of all blocks, pixel by pixel of the squeezed image; then what is left, as one pixel.
    t.deepEqual([...z.dataSync()], [10, 11, 12, 13, 30, 31, 32, 33, 0, 1, 2, 3, 20, 21, 22, 23]);
    assertClose(t, logDet, [0], 0);
    assertClose(t, flow.forward(z), x.dataSync(), 0);
  });
});

onEachBackend(test, 'round trips and log-determinants with learned priors, three levels and a context', (t) => {
  using flow = new MultiScale({ eventShape: [8, 8, 1], levels: [step, step, step], prior: perPixel('prior', [2]) });
  perturb(flow, 'levels', 0.2);
  t.deepEqual(flow.contextShape, [2]);
  tf.tidy(() => {
    const stream = new RandomStream('x');
    const [x, context] = [stream.normalTensor([3, 8, 8, 1]), stream.normalTensor([3, 2])];
    const [z, logDet] = flow.inverseAndLogDet(x, context);
    const [back, negative] = flow.forwardAndLogDet(z, context);
    assertClose(t, back, x.dataSync(), 1e-4);
    assertClose(t, negative, tf.neg(logDet).dataSync(), 1e-4);
    const one = (tensor: tf.Tensor) => tf.reshape(tf.slice(tensor, 1, 1), tensor.shape.slice(1));
    assertClose(t, [logDet.dataSync()[1]], [denseLogDet(flow, one(x), one(context))], 1e-4);
    t.true(Math.abs(logDet.dataSync()[1]) > 0.1);
  });
});

onEachBackend(
  test,
  'with a standard normal base, what leaves is normal with the mean and scale that the prior emits',
  (t) => {
    using flow = new Flow({
      base: Normal.standard([4]),
      bijector: new MultiScale({
        eventShape: [2, 2, 1],
        levels: [
          squeezeOnly,
          (eventShape) => new Chain({ bijectors: [new Conv1x1({ eventShape, initial: 'identity' })] }),
        ],
        prior: perPixel('prior'),
      }),
    });
    perturb(flow, 'prior');
    const [network] = flow.bijector.getConfig().prior as PerPixel[];
    tf.tidy(() => {
      const x = new RandomStream('x').normalTensor([5, 2, 2, 1]);
      const [kept, left] = tf.split(tf.reshape(x, [5, 4]), 2, 1);
      const raw = tf.reshape(network.apply(tf.reshape(kept, [5, 1, 1, 2])), [5, 2, 2]);
      const [mean, rawScale] = tf.split(raw, 2, 2).map((part) => tf.reshape(part, [5, 2]));
      const logScale = tf.mul(5, tf.tanh(tf.div(rawScale, 5)));
      const { logScale: own } = { logScale: tf.slice(flow.bijector.parameters.find(({ path }) => path.endsWith('matrix.logScale'))!.variable, 0, 2) }; // prettier-ignore
      // The last level's matrix was moved as well.
      const z = tf.reshape(tf.slice(flow.bijector.inverse(x), [0, 2], [5, 2]), [5, 2]);
      const normal = (u: tf.Tensor) => tf.sum(tf.sub(tf.mul(tf.square(u), -0.5), 0.5 * Math.log(2 * Math.PI)), 1);
      const standard = tf.div(tf.sub(left, mean), tf.exp(logScale));
      const conditional = tf.sub(normal(standard), tf.sum(logScale, 1));
      const expected = tf.add(tf.add(conditional, normal(z)), tf.sum(own));
      assertClose(t, flow.logProb(x), expected.dataSync(), 1e-5);
    });
  },
);

onEachBackend(test, 'an untrained prior leaves the halves as they are', (t) => {
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([2, 4, 4, 2]);
    const levels = [step, step];
    using plain = new MultiScale({ eventShape: [4, 4, 2], levels });
    using learned = new MultiScale({ eventShape: [4, 4, 2], levels, prior: perPixel('prior') });
    assertClose(t, learned.inverse(x), plain.inverse(x).dataSync(), 1e-6);
    assertClose(t, learned.inverseAndLogDet(x)[1], plain.inverseAndLogDet(x)[1].dataSync(), 1e-6);
  });
});

onEachBackend(test, 'one batch initialises the layers of all levels with what arrives there', (t) => {
  using flow = new MultiScale({ eventShape: [8, 8, 1], levels: [step, step], prior: perPixel('prior') });
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const data = tf.add(tf.mul(new RandomStream('data').normalTensor([40, 8, 8, 1]), 7), 3);
    flow.initialize(data);
    // Rotations after an ActNorm keep mean 0 and total variance 1 of each pixel's channels.
    const z = flow.inverse(data);
    for (const part of tf.split(z, [32, 32], 1)) {
      t.true(Math.abs(tf.mean(part).dataSync()[0]) < 0.05);
      t.true(Math.abs(tf.moments(part).variance.dataSync()[0] - 1) < 0.1);
    }
    const norms = flow.parameters.filter(({ path }) => path.endsWith('initialized'));
    t.deepEqual(norms.map(({ variable }) => variable.dataSync()[0]), [1, 1]); // prettier-ignore
  });
  t.is(tf.memory().numTensors, before);
});

onEachBackend(test, 'its configuration rebuilds it, priors and all', (t) => {
  using flow = new MultiScale({ eventShape: [4, 4, 1], levels: [step, step], prior: perPixel('prior') });
  perturb(flow, 'saved');
  const catalogue = new Map([...libraryCatalogue(), [PerPixel.className, PerPixel]]);
  using copy = deserialize(serialize(flow), catalogue as never, 'test') as MultiScale;
  copy.parameters.forEach(({ variable, path }, i) => {
    t.is(path, flow.parameters[i].path);
    variable.assign(flow.parameters[i].variable);
  });
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([2, 4, 4, 1]);
    assertClose(t, copy.inverse(x), flow.inverse(x).dataSync(), 0);
  });
});

test('what it refuses', (t) => {
  const eventShape = [4, 4, 1];
  t.throws(() => new MultiScale({ eventShape, levels: [] }), {
    instanceOf: FlowConfigError,
    message: 'MultiScale: expected at least one level, got an empty list.',
  });
  t.throws(() => new MultiScale({ eventShape: [16], levels: [squeezeOnly] }), {
    instanceOf: FlowShapeError,
    message: 'MultiScale: expected images, [height, width, channels], got [16].',
  });
  t.throws(() => new MultiScale({ eventShape, levels: [squeezeOnly, new Squeeze({ eventShape: [2, 2, 4] })] }), {
    instanceOf: FlowShapeError,
    message: 'MultiScale.level1: expected a Squeeze with images of shape [2, 2, 2] on its data side, got [2, 2, 4]. List the levels from data to base. A function `(eventShape) => Bijector` is told the shape.', // prettier-ignore
  });
  const odd = (shape: Shape) => new Conv1x1({ eventShape: shape });
  t.throws(() => new MultiScale({ eventShape: [4, 4, 3], levels: [odd, odd] }), {
    instanceOf: FlowShapeError,
    message: 'MultiScale.level0: expected a number of channels that 2 divides, got 3 in [4, 4, 3]. A squeeze before it makes four channels of one.', // prettier-ignore
  });
  t.throws(() => new MultiScale({ eventShape, levels: [squeezeOnly, squeezeOnly], prior: [] }), {
    instanceOf: FlowConfigError,
    message: 'MultiScale: expected a prior for each level but the last, 1 in all, got 0.',
  });
  const wrong = () => perPixel(0)({ inputs: 3, outputs: 4, initialOutput: [0, 0, 0, 0] });
  t.throws(() => new MultiScale({ eventShape, levels: [squeezeOnly, squeezeOnly], prior: wrong }), {
    instanceOf: FlowConfigError,
    message: 'MultiScale.prior0: expected a conditioner from 2 inputs to 4 outputs, got 3 to 4. Pass a function `(request) => new ConvNet({ ...request, hidden })` to have it sized.', // prettier-ignore
  });
});
