import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Elementwise,
  ExtremeValueTails,
  fit,
  Flow,
  Normal,
  RandomStream,
  ready,
  StudentTails,
  type HeavyTails,
} from '../../src/index.js';
import { logGrowth } from '../../src/numerics/log-growth.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const MAPS: readonly HeavyTails[] = [new StudentTails(), new ExtremeValueTails()];

/** One row of raw parameters for all of `n` points. */
function rows(row: readonly number[], n: number): tf.Tensor {
  return tf.tile(tf.tensor2d([...row], [1, row.length]), [n, 1]);
}

onEachBackend(test, 'StudentTails: values and slopes are those of the formula in doubles', (t) => {
  const map = new StudentTails();
  const points = [-4, -1.5, -0.02, 0, 1e-4, 0.7, 2.5, 5];
  tf.tidy(() => {
    const raw = rows(map.weightParameters(0.5, 1.2), points.length);
    const { value, logDet } = map.forward(tf.tensor1d(points), raw);
    const expected = points.map((z) => {
      const weight = z >= 0 ? 0.5 : 1.2;
      return Math.sign(z) * Math.sqrt(Math.expm1(weight * z * z) / weight);
    });
    assertClose(t, value, expected, 3e-6);
    const slopes = points.map((z, i) => (z === 0 ? 0 : Math.log(z / expected[i]) + (z >= 0 ? 0.5 : 1.2) * z * z));
    assertClose(t, logDet, slopes, 3e-6);
    const back = map.inverse(value, raw);
    assertClose(t, back.value, points, 3e-6);
    assertClose(t, tf.neg(back.logDet), slopes, 3e-6);
  });
});

onEachBackend(test, 'ExtremeValueTails: what is normal gets Pareto tails exactly', (t) => {
  const map = new ExtremeValueTails();
  const weight = 0.4;
  // Upper quantiles of a normal variable (Abramowitz and Stegun, table 26.5), and what is left above them.
  const quantiles = [0.6744897502, 1.6448536270, 2.3263478740, 3.0902323062, 3.7190164855]; // prettier-ignore
  const above = [0.25, 0.05, 0.01, 0.001, 0.0001];
  tf.tidy(() => {
    const raw = rows(map.weightParameters(weight, 1), 5);
    const { value } = map.forward(tf.tensor1d(quantiles), raw);
    // P(x > t) = ½ (1 + λ t / √(π/2))^(-1/λ).
    const expected = above.map((p) => (Math.sqrt(Math.PI / 2) * ((2 * p) ** -weight - 1)) / weight);
    assertClose(t, value, expected, 1e-5);
    assertClose(t, map.inverse(value, raw).value, quantiles, 3e-6);
    const left = map.forward(tf.neg(tf.tensor1d(quantiles)), raw);
    assertClose(t, left.value, above.map((p) => -Math.sqrt(Math.PI / 2) * ((2 * p) ** -1 - 1)), 1e-5); // prettier-ignore
    assertClose(t, map.forward(tf.zeros([5]), raw).logDet, new Float32Array(5), 1e-6, 'slope at 0');
  });
});

onEachBackend(test, 'the tail index is that of the weight, and both directions agree far out', (t) => {
  for (const map of MAPS) {
    tf.tidy(() => {
      const y = [1e2, 1e4, 1e8, -1e6, 1e12];
      const raw = rows(map.weightParameters(0.5, 0.25), y.length);
      const { value, logDet } = map.inverse(tf.tensor1d(y), raw);
      assertClose(t, tf.div(map.forward(value, raw).value, tf.tensor1d(y)), [1, 1, 1, 1, 1], 2e-4, map.className);
      // log p(y) falls by (1 + 1/λ) log 10 a decade, up to logarithms.
      const logProb = tf.sub(logDet, tf.mul(tf.square(value), 0.5)).dataSync();
      const index = (logProb[0] - logProb[1]) / Math.log(100);
      t.true(Math.abs(index - 3) < 0.3, `${map.className}: index ${index}`);
    });
  }
});

onEachBackend(test, 'log-growth, with the series beside the formula', (t) => {
  tf.tidy(() => {
    const v = [0, 1e-6, 0.1, 0.4999, 0.5001, 3, 50, 200];
    const expected = v.map((x) => (x === 0 ? 0 : x > 100 ? x - Math.log(x) : Math.log(Math.expm1(x) / x)));
    assertClose(t, logGrowth(tf.tensor1d(v)), expected, 2e-7);
    const slope = tf.grad((x: tf.Tensor) => tf.sum(logGrowth(x)))(tf.tensor1d(v));
    assertClose(t, slope, v.map((x) => (x < 1e-3 ? 0.5 : 1 / -Math.expm1(-x) - 1 / x)), 2e-6); // prettier-ignore
  });
});

test.serial('training finds how heavy the tails are, in planned steps', async (t) => {
  await ready({ backend: 'wasm' });
  const stream = new RandomStream('rows');
  const weight = 0.5;
  // Student's t with 2 degrees of freedom; and Pareto tails on both sides. (The best of these for t has a weight of 0.24.)
  const student = () => stream.nextNormal() / Math.sqrt(stream.nextGamma(1));
  const pareto = () => ((stream.next() < 0.5 ? 1 : -1) * ((1 - stream.next()) ** -weight - 1)) / weight;
  const engine = tf.engine();
  const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
  for (const transform of MAPS) {
    const draw = transform instanceof StudentTails ? student : pareto;
    const data = Array.from({ length: 2000 }, () => [draw()]);
    const bijector = new Elementwise({ eventShape: [1], transform });
    using flow = new Flow({ base: Normal.standard([1]), bijector });
    const loss = () => tf.tidy(() => -tf.mean(flow.logProb(tf.tensor2d(data))).dataSync()[0]);
    const start = loss();
    let [count, kernels] = [0, Infinity];
    const onStep = ({ step }: { step: number }) => {
      [count, kernels] = [0, count];
      if (step !== 10) return;
      engine.runKernel = ((...call: Parameters<typeof runKernel>) => (count++, runKernel.apply(engine, call))) as typeof runKernel; // prettier-ignore
    };
    const options = { steps: 300, batchSize: 256, learningRate: 0.05, seed: 'tails', callbacks: { onStep } };
    await fit(flow, data, options).finally(() => delete (engine as Partial<typeof engine>).runKernel);
    const raw = flow.parameters[0].variable.dataSync();
    const weights = [raw[2], raw[3]].map((w) => 1e-3 + 1.999 / (1 + Math.exp(-w)));
    t.true(loss() < start, `${transform.className}: from ${start} to ${loss()}`);
    t.true(weights.every((weight) => weight > 0.3 && weight < 0.75), `${transform.className}: weights ${weights.join(', ')}`); // prettier-ignore
    t.true(kernels <= 4, `${transform.className}: ${kernels} kernels a step`);
  }
});
