import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { ActNorm, Affine, Chain, FlowDataError, FlowShapeError, RandomStream } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';

interface ActNormCase {
  shape: number[];
  x: number[];
  y: number[];
  logdet: number;
  logScale: number[];
  shift: number[];
}

const { cases } = golden<ActNormCase>('actnorm');

/** The reference puts channels first. */
function channelsLast(values: unknown): tf.Tensor {
  const x = tf.tensor(values as number[]);
  return x.rank === 4 ? tf.transpose(x, [0, 2, 3, 1]) : x;
}

onEachBackend(test, 'agrees with the reference values once a batch has set it', (t) => {
  for (const [i, c] of cases.entries()) {
    tf.tidy(() => {
      const x = channelsLast(c.x);
      const y = channelsLast(c.y);
      using layer = new ActNorm({ eventShape: x.shape.slice(1) });
      layer.initialize(x);
      const byPath = new Map(layer.parameters.map(({ path, variable }) => [path, variable]));
      assertClose(t, byPath.get('logScale')!, c.logScale, 1e-5, `case ${i}: logScale`);
      assertClose(t, byPath.get('shift')!, c.shift, 1e-5, `case ${i}: shift`);
      const [z, logDet] = layer.inverseAndLogDet(x);
      assertClose(t, z, y.dataSync(), 1e-5, `case ${i}: z`);
      assertClose(t, logDet, Array<number>(x.shape[0]).fill(c.logdet), 1e-5, `case ${i}: log-det`);
      assertClose(t, layer.forward(y), x.dataSync(), 1e-4, `case ${i}: x`);
    });
  }
});

onEachBackend(test, 'only the first batch counts, also in a copy with the same parameters', (t) => {
  tf.tidy(() => {
    const stream = new RandomStream('batches');
    const [first, second] = [stream.normalTensor([20, 2]), tf.add(stream.normalTensor([20, 2]), 5)];
    using layer = new ActNorm({ eventShape: [2] });
    assertClose(t, layer.inverse(first), first.dataSync(), 0, 'untouched');
    layer.initialize(first);
    const before = layer.inverse(first).dataSync();
    layer.initialize(second);
    assertClose(t, layer.inverse(first), before, 0, 'second batch');
    using copy = new ActNorm({ eventShape: [2] });
    copy.parameters.forEach(({ variable }, i) => variable.assign(layer.parameters[i].variable));
    copy.initialize(second);
    assertClose(t, copy.inverse(first), before, 0, 'copy');
  });
});

onEachBackend(test, 'in a chain each layer sees the data as they arrive there', (t) => {
  using chain = new Chain({ bijectors: [new ActNorm({ eventShape: [3] }), Affine.sample(3)] });
  tf.tidy(() => {
    const data = tf.add(tf.mul(new RandomStream('data').normalTensor([50, 3]), 4), [1, -2, 30]);
    chain.initialize(data);
    const z = chain.inverse(data);
    const { mean, variance } = tf.moments(z, 0);
    assertClose(t, mean, [0, 0, 0], 1e-5);
    assertClose(t, variance, [49 / 50, 49 / 50, 49 / 50], 1e-5);
  });
});

onEachBackend(test, 'a constant channel is centred and keeps its unit', (t) => {
  using layer = new ActNorm({ eventShape: [2] });
  tf.tidy(() => {
    layer.initialize(tf.tensor2d([7, 1, 7, 2, 7, 3], [3, 2]));
    assertClose(t, layer.inverse(tf.tensor2d([[7, 2]])), [0, 0], 1e-6);
    assertClose(t, layer.inverse(tf.tensor2d([[8, 3]])), [1, 1], 1e-6);
  });
});

test('bad batches are refused', (t) => {
  using layer = new ActNorm({ eventShape: [2] });
  const [single, wrong] = [tf.zeros([1, 2]), tf.zeros([4, 3])];
  t.throws(() => layer.initialize(single), {
    instanceOf: FlowDataError,
    message: 'ActNorm.initialize: expected at least two values a channel, got 1.',
  });
  t.throws(() => layer.initialize(wrong), { instanceOf: FlowShapeError, message: /ActNorm.initialize: .*\[4, 3\]/ });
  tf.dispose([single, wrong]);
});
