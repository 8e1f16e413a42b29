import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  BatchNorm,
  Chain,
  fit,
  Flow,
  FlowConfigError,
  FlowDataError,
  FlowShapeError,
  maf,
  Normal,
  RandomStream,
  ready,
  type BatchNormOptions,
} from '../../src/index.js';
import { inTrainingMode } from '../../src/training-mode.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

const training = <T>(body: () => T): T => inTrainingMode(new RandomStream('step'), body);

/** Mean, and variance with divisors n and n - 1, in doubles. */
function moments(values: readonly number[]): [mean: number, variance: number, unbiased: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [mean, squares / values.length, squares / (values.length - 1)];
}

function valuesOf(layer: BatchNorm): Record<string, number[]> {
  return Object.fromEntries(layer.parameters.map(({ path, variable }) => [path, [...variable.dataSync()]]));
}

const ROWS = [[1, 10], [4, -2], [-2, 7], [0, 5], [3, 3]]; // prettier-ignore
const COLUMNS = [0, 1].map((j) => ROWS.map((row) => row[j]));

for (const statistics of ['batch', 'running'] as const) {
  onEachBackend(test, `training normalises by ${statistics} moments, and moves the running ones`, (t) => {
    const [momentum, epsilon] = [0.25, 0.01];
    using layer = new BatchNorm({ eventShape: [2], momentum, epsilon, statistics });
    perturb(layer, 'gains');
    tf.tidy(() => {
      const x = tf.tensor2d(ROWS);
      const { logScale, shift } = valuesOf(layer);
      const [z, logDet] = training(() => layer.inverseAndLogDet(x));
      const running = COLUMNS.map((column) => {
        const [mean, , unbiased] = moments(column);
        return [0.25 * mean, 0.75 + 0.25 * unbiased];
      });
      const used = statistics === 'running' ? running : COLUMNS.map(moments);
      const slopes = used.map(([, variance], j) => Math.exp(logScale[j]) / Math.sqrt(variance + epsilon));
      assertClose(t, z, ROWS.flatMap((row) => row.map((value, j) => slopes[j] * (value - used[j][0]) + shift[j])), 1e-5); // prettier-ignore
      assertClose(t, logDet, ROWS.map(() => Math.log(slopes[0] * slopes[1])), 1e-5); // prettier-ignore
      const after = valuesOf(layer);
      assertClose(t, after.mean, running.map(([mean]) => mean), 1e-5); // prettier-ignore
      assertClose(t, after.variance, running.map(([, variance]) => variance), 1e-5); // prettier-ignore
      // Outside of training, and for draws even inside, the running moments stand.
      const own = running.map(([, variance], j) => Math.exp(logScale[j]) / Math.sqrt(variance + epsilon));
      const expected = ROWS.flatMap((row) => row.map((value, j) => own[j] * (value - running[j][0]) + shift[j]));
      const still = layer.inverse(x);
      assertClose(t, still, expected, 1e-5);
      assertClose(t, layer.forward(still), x, 1e-4);
      assertClose(t, training(() => layer.forward(still)), x, 1e-4); // prettier-ignore
      t.deepEqual(valuesOf(layer), after);
    });
  });
}

onEachBackend(test, 'gradients of a training step go through the moments of the batch', (t) => {
  using layer = new BatchNorm({ eventShape: [1], epsilon: 0.1 });
  const weights = [1, -2, 0.5, 3];
  const reference = (values: readonly number[]) => {
    const [mean, variance] = moments(values);
    const z = values.map((value) => (value - mean) / Math.sqrt(variance + 0.1));
    return z.reduce((sum, value, i) => sum + weights[i] * value ** 2, 0) - 2 * Math.log(variance + 0.1);
  };
  tf.tidy(() => {
    const at = [0.3, 1, -1, 2];
    const loss = (x: tf.Tensor) => {
      const [z, logDet] = training(() => layer.inverseAndLogDet(x));
      return tf.add(tf.sum(tf.mul(tf.square(z), tf.tensor2d(weights, [4, 1]))), tf.sum(logDet));
    };
    const h = 1e-5;
    const expected = at.map((value, i) => (reference(at.with(i, value + h)) - reference(at.with(i, value - h))) / (2 * h)); // prettier-ignore
    assertClose(t, tf.grad(loss)(tf.tensor2d(at, [4, 1])), expected, 1e-4);
  });
});

onEachBackend(test, 'channels have one mean and variance over all positions, from the first data on', (t) => {
  using layer = new BatchNorm({ eventShape: [2, 2, 3], epsilon: 1e-8 });
  tf.tidy(() => {
    const stream = new RandomStream('images');
    const x = tf.add(tf.mul(stream.normalTensor([6, 2, 2, 3]), [1, 5, 0.2]), [0, -3, 10]);
    layer.initialize(x);
    const [z, logDet] = layer.inverseAndLogDet(x);
    const { mean, variance } = tf.moments(tf.reshape(z, [24, 3]), 0);
    assertClose(t, mean, [0, 0, 0], 1e-5);
    assertClose(t, variance, [23 / 24, 23 / 24, 23 / 24], 1e-5);
    const spread = valuesOf(layer).variance;
    assertClose(t, logDet, Array<number>(6).fill(-2 * spread.reduce((sum, v) => sum + Math.log(v), 0)), 1e-5);
    const before = valuesOf(layer);
    layer.initialize(tf.add(x, 1));
    t.deepEqual(valuesOf(layer), before, 'only the first');
    // A single image has several values a channel; a single value has no variance, and changes nothing.
    training(() => layer.inverse(tf.slice(x, 0, 1)));
    t.notDeepEqual(valuesOf(layer), before);
    using line = new BatchNorm({ eventShape: [3] });
    const [start, one] = [valuesOf(line), tf.tensor2d([[1, 2, 3]])];
    assertClose(t, training(() => line.inverse(one)), line.inverse(one), 0); // prettier-ignore
    t.deepEqual({ ...valuesOf(line), known: [0] }, start);
  });
});

test.serial('a flow with it trains, evaluates by what it saw, and comes to the moments of the data', async (t) => {
  await ready({ backend: 'wasm' });
  const stream = new RandomStream('rows');
  const rows = Array.from({ length: 65 }, () => [20 + 3 * stream.nextNormal(), 0.1 * stream.nextNormal()]);
  using alone = new Flow({
    base: Normal.standard([2]),
    bijector: new Chain({ bijectors: [new BatchNorm({ eventShape: [2] })] }),
  });
  // 65 = 2 · 32 + 1: the last batch is a single row.
  await fit(alone, rows, { epochs: 12, batchSize: 32, initialize: false, seed: 1, learningRate: 1e-3 });
  const [mean, variance] = ['mean', 'variance'].map((name) => [...alone.parameters.find(({ path }) => path.endsWith(name))!.variable.dataSync()]); // prettier-ignore
  const share = 1 - 0.9 ** 24;
  t.true(Math.abs(mean[0] / (20 * share) - 1) < 0.05, `${mean[0]}`);
  t.true(variance[1] < 0.15, `${variance[1]}`);
  using flow = maf({ dims: 2, layers: 2, hidden: [8], batchNorm: true });
  const names = (flow.bijector as Chain).bijectors.map(({ className }) => className);
  t.deepEqual(names, ['BatchNorm', 'Autoregressive', 'Reverse', 'BatchNorm', 'Autoregressive', 'Standardize']);
  const before = tf.memory().numTensors;
  const history = await fit(flow, rows, { epochs: 5, batchSize: 65, seed: 1, validation: rows });
  t.is(tf.memory().numTensors, before);
  const last = history.epochs.at(-1)!;
  t.true(Math.abs(last.train - last.validation!) < 0.1, `${last.train}, ${last.validation}`);
});

test('options and data that make no layer are refused', (t) => {
  const refuse = (options: Partial<BatchNormOptions>, message: RegExp) =>
    t.throws(() => new BatchNorm({ eventShape: [2], ...options }), { instanceOf: FlowConfigError, message });
  refuse({ momentum: 0 }, /^BatchNorm.momentum: expected a share in \(0, 1\], got 0/);
  refuse({ momentum: 1.5 }, /momentum/);
  refuse({ epsilon: 0 }, /^BatchNorm.epsilon: expected a positive number, got 0/);
  refuse({ statistics: 'all' as never }, /one of batch, running, got 'all'/);
  t.throws(() => new BatchNorm({ eventShape: [] }), { instanceOf: FlowShapeError, message: /channels/ });
  using layer = new BatchNorm({ eventShape: [2] });
  const [single, wrong] = [tf.zeros([1, 2]), tf.zeros([4, 3])];
  t.throws(() => layer.initialize(single), { instanceOf: FlowDataError, message: /at least two values a channel, got 1/ }); // prettier-ignore
  t.throws(() => layer.initialize(wrong), { instanceOf: FlowShapeError });
  tf.dispose([single, wrong]);
});
