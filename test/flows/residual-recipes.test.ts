import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Adam,
  DequantizedFlow,
  DoubleWell,
  fit,
  FlowConfigError,
  imageResidualFlow,
  RandomStream,
  ready,
  residualFlow,
  reverseKl,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

const SMALL = { layers: 3, hidden: [16, 16], seed: 'residual' };

for (const dims of [1, 3, 12]) {
  onEachBackend(test, `${dims} coordinates: starts as the base, round trips, and is seeded`, (t) => {
    using flow = residualFlow({ dims, ...SMALL });
    using twin = residualFlow({ dims, ...SMALL });
    tf.tidy(() => {
      const x = new RandomStream('x').normalTensor([9, dims]);
      const gaussian = tf.sum(tf.sub(tf.mul(-0.5, tf.square(x)), 0.5 * Math.log(2 * Math.PI)), 1);
      assertClose(t, flow.logProb(x), gaussian, 1e-5, 'log-density at the start');
      [flow, twin].forEach((each) => perturb(each, 'weights'));
      assertClose(t, flow.forward(flow.inverse(x)), x, 1e-3, 'round trip');
      assertClose(t, twin.logProb(x), flow.logProb(x), 0, 'equal seeds');
      const [draws, logProb] = flow.sampleAndLogProb(7, { seed: 0 });
      assertClose(t, logProb, flow.logProb(draws), 1e-3, 'density of draws');
    });
  });
}

onEachBackend(test, 'forward: it round trips, and draws come with their density', (t) => {
  using flow = residualFlow({ dims: 3, ...SMALL, direction: 'forward' });
  perturb(flow, 'weights');
  tf.tidy(() => {
    const z = new RandomStream('z').normalTensor([9, 3]);
    assertClose(t, flow.inverse(flow.forward(z)), z, 1e-3, 'round trip');
    const [draws, logProb] = flow.sampleAndLogProb(7, { seed: 0 });
    assertClose(t, logProb, flow.logProb(draws), 1e-3, 'density of draws');
  });
  t.throws(() => residualFlow({ dims: 2, direction: 'sideways' as never }), { instanceOf: FlowConfigError, message: /residualFlow\.direction: expected 'forward' or 'inverse', got 'sideways'/ }); // prettier-ignore
});

test.serial('forward: learns an energy without a numerical solution', async (t) => {
  await ready({ backend: 'wasm' });
  using flow = residualFlow({ dims: 2, layers: 6, hidden: [32], standardize: false, direction: 'forward', seed: 'energy' });
  const well = new DoubleWell({ dims: 2 });
  const losses: number[] = [];
  const objective = reverseKl(well, { gradient: 'total' });
  await fit(flow, { objective, steps: 200, batchSize: 256, seed: 'energy', optimizer: new Adam({ learningRate: 1e-2 }), callbacks: { onStep: ({ loss }) => void losses.push(loss), onWarning: () => {} } });
  const exact = -well.logPartition;
  const last = losses.slice(-20).reduce((sum, loss) => sum + loss, 0) / 20;
  t.true(last > exact && last < exact + 1, `${losses[0]} to ${last}, ${exact} at best`);
}); // prettier-ignore

onEachBackend(test, 'the density integrates to one', (t) => {
  using flow = residualFlow({ dims: 1, ...SMALL });
  perturb(flow, 'integral');
  tf.tidy(() => {
    const [reach, cells] = [60, 12_001];
    const grid = tf.expandDims(tf.linspace(-reach, reach, cells), 1);
    const mass = (tf.sum(tf.exp(flow.logProb(grid))).dataSync()[0] * 2 * reach) / (cells - 1);
    t.true(Math.abs(mass - 1) < 5e-3, `mass ${mass}`);
  });
});

onEachBackend(test, 'a context changes the density', (t) => {
  using flow = residualFlow({ dims: 2, ...SMALL, contextShape: [3] });
  perturb(flow, 'context');
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([4, 2]);
    const [a, b] = ['a', 'b'].map((seed) => new RandomStream(seed).normalTensor([4, 3]));
    t.notDeepEqual(flow.logProb(x, { context: a }).dataSync(), flow.logProb(x, { context: b }).dataSync());
    assertClose(t, flow.forward(flow.inverse(x, { context: a }), { context: a }), x, 1e-3);
  });
});

/** Two half circles, with noise. */
function moons(count: number): number[][] {
  const stream = new RandomStream('moons');
  return Array.from({ length: count }, () => {
    const angle = Math.PI * stream.next();
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    const [a, b] = stream.next() < 0.5 ? [x, y] : [1 - x, 0.5 - y];
    return [a + 0.1 * stream.nextNormal(), b + 0.1 * stream.nextNormal()];
  });
}

test.serial('two moons: planned steps bring it far below its start', async (t) => {
  await ready({ backend: 'wasm' });
  using flow = residualFlow({ dims: 2, ...SMALL, layers: 4, hidden: [32, 32] });
  const engine = tf.engine();
  const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
  let [count, kernels] = [0, Infinity];
  const onStep = ({ step }: { step: number }) => {
    [count, kernels] = [0, count];
    if (step !== 200) return;
    engine.runKernel = ((...call: Parameters<typeof runKernel>) => (count++, runKernel.apply(engine, call))) as typeof runKernel; // prettier-ignore
  };
  const rows = moons(1000);
  const loss = () => tf.tidy(() => -tf.mean(flow.logProb(tf.tensor2d(rows))).dataSync()[0]);
  const losses: number[] = [];
  for (const steps of [1, 299]) {
    await fit(flow, rows, {
      steps,
      batchSize: 128,
      learningRate: 0.01,
      seed: 'moons',
      callbacks: { onStep },
    }).finally(() => delete (engine as Partial<typeof engine>).runKernel); // prettier-ignore
    losses.push(loss());
  }
  t.true(losses[1] < losses[0] - 0.4, `from ${losses[0]} to ${losses[1]} nats a row`);
  t.true(kernels <= 4, `${kernels} kernels a step`);
});

test.serial('with estimated log-determinants it learns as well', async (t) => {
  await ready({ backend: 'wasm' });
  const stream = new RandomStream('rows');
  // Twelve coordinates that differ from each other by little.
  const rows = Array.from({ length: 400 }, () => {
    const common = stream.nextNormal();
    return Array.from({ length: 12 }, () => common + 0.3 * stream.nextNormal());
  });
  using flow = residualFlow({ dims: 12, layers: 2, hidden: [24], seed: 'estimate' });
  tf.tidy(() => flow.initialize(tf.tensor2d(rows)));
  const loss = () => tf.tidy(() => -tf.mean(flow.logProb(tf.tensor2d(rows))).dataSync()[0]);
  const start = loss();
  await fit(flow, rows, { steps: 60, batchSize: 128, learningRate: 0.02, seed: 'estimate' });
  t.true(loss() < start - 2, `from ${start} to ${loss()} nats a row`);
});

onEachBackend(test, 'images: a small flow starts near its base, round trips, and takes a step', async (t) => {
  using flow = imageResidualFlow({ eventShape: [4, 4, 1], preset: 'small', steps: 2, hidden: 6, seed: 'images' });
  tf.tidy(() => {
    const x = tf.mul(new RandomStream('x').uniformTensor([3, 4, 4, 1]), 255);
    perturb(flow, 'images', 0.1);
    assertClose(t, flow.forward(flow.inverse(x)), x, 1e-3, 'round trip');
    t.deepEqual(flow.logProb(x).dataSync(), flow.logProb(x).dataSync());
  });
  using dequantized = new DequantizedFlow({
    flow: imageResidualFlow({ eventShape: [4, 4, 1], levels: 1, steps: 1, hidden: 4, contextShape: [2] }),
  });
  const images = new RandomStream('pixels').uniformTensor([8, 4, 4, 1], 0, 255.99);
  const [data, context] = [tf.floor(images), new RandomStream('context').normalTensor([8, 2])];
  const { epochs } = await fit(dequantized, { x: data, context }, { steps: 2, batchSize: 8 });
  t.true(epochs.length > 0 && epochs.every(({ train }) => Number.isFinite(train)));
  tf.dispose([images, data, context]);
});

test('impossible options are refused', (t) => {
  for (const options of [
    { dims: 0 },
    { dims: 2, layers: 0 },
    { dims: 2, lipschitz: 1 },
    { dims: 2, logDet: { terms: 0 } },
  ]) {
    // prettier-ignore
    t.throws(() => residualFlow(options), { instanceOf: FlowConfigError }, JSON.stringify(options));
  }
  for (const options of [
    { preset: 'tiny' as never },
    { steps: 0 },
    { hidden: 0 },
    { lipschitz: 2 },
    { tolerance: 0 },
  ]) {
    // prettier-ignore
    t.throws(() => imageResidualFlow({ eventShape: [4, 4, 1], levels: 1, ...options }), { instanceOf: FlowConfigError }, JSON.stringify(options)); // prettier-ignore
  }
});
