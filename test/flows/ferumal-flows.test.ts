import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  ferumalFlow,
  ferumalGlow,
  ferumalImageGlow,
  fit,
  FlowConfigError,
  FlowDataError,
  loadFlow,
  MaternKernel,
  RandomStream,
  RationalQuadraticSpline,
  ready,
  realNvp,
  SquaredExponentialKernel,
  SumKernel,
  type FerumalFlowOptions,
  type Flow,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

const RECIPES = { ferumalFlow, ferumalGlow };
const SMALL = { layers: 3, points: 10, seed: 'ferumal' };
const kernel = new SumKernel({ kernels: [new SquaredExponentialKernel(), new MaternKernel({ nu: 0.5 })] });

/** Ways to build a flow of three coordinates. */
const OPTIONS: Record<string, FerumalFlowOptions> = {
  'points of layers': { dims: 3, ...SMALL },
  'shared points': { dims: 3, ...SMALL, auxiliary: 'shared', placement: 'kMeans' },
  'all rows': { dims: 3, ...SMALL, points: 40, auxiliary: 'exact' },
  'splines, a sum of kernels': { dims: 3, ...SMALL, kernel, transform: new RationalQuadraticSpline({ bins: 4 }) },
  'one coordinate': { dims: 1, ...SMALL, auxiliary: 'shared' },
};

const rowsOf = (dims: number) => new RandomStream('rows').normalTensor([40, dims]);

for (const [name, recipe] of Object.entries(RECIPES)) {
  for (const [kind, options] of Object.entries(OPTIONS)) {
    onEachBackend(
      test,
      `${name}, ${kind}: starts as a Gaussian with the data's mean and deviation, and round trips`,
      (t) => {
        using flow = recipe(options);
        tf.tidy(() => {
          const x = rowsOf(options.dims);
          flow.initialize(x);
          const { mean, variance } = tf.moments(x, 0);
          const squares = tf.add(tf.div(tf.square(tf.sub(x, mean)), variance), tf.log(tf.mul(variance, 2 * Math.PI)));
          // ActNorm takes deviations with the divisor n - 1.
          assertClose(t, flow.logProb(x), tf.mul(tf.sum(squares, 1), -0.5), name === 'ferumalGlow' ? 0.3 : 1e-5);
          perturb(flow, 'weights');
          assertClose(t, flow.forward(flow.inverse(x)), x, 1e-3, 'round trip');
          const [draws, logProb] = flow.sampleAndLogProb(7, { seed: 0 });
          assertClose(t, logProb, flow.logProb(draws), 1e-3, 'density of draws');
        });
      },
    );
  }

  onEachBackend(test, `${name}: a saved flow comes back with the same densities, bit for bit`, async (t, backend) => {
    for (const [kind, options] of Object.entries(OPTIONS)) {
      using flow = recipe(options);
      const x = rowsOf(options.dims);
      flow.initialize(x);
      perturb(flow, 'weights');
      const url = `memory://ferumal ${backend} ${name} ${kind}`;
      await flow.save(url);
      using again = await loadFlow(url);
      tf.tidy(() => {
        assertClose(t, again.logProb(x), flow.logProb(x), 0, kind);
        again.initialize(tf.mul(x, 3));
        assertClose(t, again.logProb(x), flow.logProb(x), 0, 'it remembers that it has seen data');
      });
      x.dispose();
    }
  });

  onEachBackend(test, `${name}: a context changes the density`, (t) => {
    for (const dims of [1, 3]) {
      for (const auxiliary of ['layer', 'shared'] as const) {
        using flow = recipe({ ...SMALL, dims, auxiliary, contextShape: [2] });
        tf.tidy(() => {
          const x = rowsOf(dims);
          const [a, b] = ['a', 'b'].map((seed) => new RandomStream(seed).normalTensor([40, 2]));
          flow.initialize(x, { context: a });
          perturb(flow, 'context');
          t.notDeepEqual(flow.logProb(x, { context: a }).dataSync(), flow.logProb(x, { context: b }).dataSync());
          assertClose(t, flow.forward(flow.inverse(x, { context: a }), { context: a }), x, 1e-3);
        });
      }
    }
  });
}

test('parameters are as many as published', (t) => {
  const count = (flow: Flow): number => {
    const { parameterCount } = flow;
    flow.dispose();
    return parameterCount;
  };
  const formula = (dims: number, points: number, half: number) => 2 * points * (dims - half) + points * half + half;
  t.is(count(ferumalFlow({ dims: 6, layers: 1, points: 150 })), 1353);
  t.is(count(ferumalFlow({ dims: 6, layers: 12, points: 150 })), 12 * formula(6, 150, 3));
  t.is(count(ferumalGlow({ dims: 6, layers: 12, points: 150 })), 12 * (formula(6, 150, 3) + 30 + 12 + 12));
  // No points of their own: two coefficients for each row and coordinate, and lengths.
  t.is(count(ferumalFlow({ dims: 6, layers: 2, points: 40, auxiliary: 'exact' })), 2 * (2 * 40 * 3 + 3));
});

onEachBackend(test, 'images: starts near a Gaussian, and round trips', (t) => {
  using flow = ferumalImageGlow({ eventShape: [4, 4, 1], levels: 2, steps: 2, points: 6, bits: 3 });
  tf.tidy(() => {
    const x = new RandomStream('images').uniformTensor([6, 4, 4, 1], 0, 8);
    flow.initialize(x);
    perturb(flow, 'images', 0.1);
    assertClose(t, flow.forward(flow.inverse(x)), x, 1e-2);
  });
});

test.serial('steps are planned: none leaves kernels to the engine', async (t) => {
  await ready({ backend: 'wasm' });
  const rows = new RandomStream('rows').normal(256 * 3);
  const engine = tf.engine();
  const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
  const data = Array.from({ length: 256 }, (_, i) => rows.subarray(3 * i, 3 * i + 3));
  for (const [name, recipe] of Object.entries(RECIPES)) {
    for (const [kind, options] of Object.entries(OPTIONS)) {
      using flow = recipe({ ...options, dims: 3, points: kind === 'all rows' ? 256 : 10 });
      let [count, kernels] = [0, Infinity];
      const onStep = ({ step }: { step: number }) => {
        [count, kernels] = [0, count];
        if (step !== 10) return;
        engine.runKernel = ((...call: Parameters<typeof runKernel>) => (count++, runKernel.apply(engine, call))) as typeof runKernel; // prettier-ignore
      };
      await fit(flow, data, { steps: 12, batchSize: 32, seed: 'order', callbacks: { onStep } }).finally(
        () => delete (engine as Partial<typeof engine>).runKernel,
      );
      t.true(kernels <= 4, `${name}, ${kind}: ${kernels} kernels`);
    }
  }
});

test.serial('500 rows of a mixture: ahead of networks with ten times the parameters', async (t) => {
  await ready({ backend: 'wasm' });
  const [rows, held] = [mixture('train', 500), mixture('test', 3000)];
  const options = {
    epochs: 150,
    batchSize: 100,
    clipNorm: 5,
    validation: 0.2,
    earlyStopping: { patience: 20 },
    seed: 0,
  };
  const scores: Record<string, number> = {};
  const build = { ferumalFlow, ferumalGlow };
  const networks = realNvp({ dims: 6, layers: 6, hidden: [128, 128] });
  const parameters = networks.parameterCount;
  for (const [name, flow] of [
    ['realNvp', networks],
    ...Object.entries(build).map(([name, recipe]) => [name, recipe({ dims: 6, layers: 6, points: 50 })] as const),
  ] as [string, Flow][]) {
    const learningRate = name === 'realNvp' ? 1e-3 : 5e-3;
    await fit(flow, rows, { ...options, learningRate });
    scores[name] = tf.tidy(() => tf.mean(flow.logProb(tf.tensor2d(held))).dataSync()[0]);
    if (name !== 'realNvp') t.true(parameters >= 10 * flow.parameterCount, `${name}: ${flow.parameterCount}`);
    flow.dispose();
  }
  const { realNvp: network, ferumalFlow: plain, ferumalGlow: glow } = scores;
  t.true(plain > network && glow > network, JSON.stringify(scores));
});

test('impossible options are refused', async (t) => {
  await ready({ backend: 'wasm' });
  for (const [name, recipe] of Object.entries(RECIPES)) {
    for (const options of [{ dims: 0 }, { dims: 2, layers: 0 }, { dims: 2, points: 0 }]) {
      t.throws(() => recipe(options), { instanceOf: FlowConfigError }, `${name} ${JSON.stringify(options)}`);
    }
    t.throws(() => recipe({ dims: 2, auxiliary: 'exact' }), {
      message: `${name}.points: expected the number of training rows, got none.`,
    });
    t.throws(() => recipe({ dims: 2, auxiliary: 'none' as never }), {
      message: `${name}.auxiliary: expected 'layer', 'shared' or 'exact', got 'none'.`,
    });
  }
  using flow = ferumalFlow({ dims: 2, points: 60, auxiliary: 'exact' });
  const rows = Array.from({ length: 50 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
  const error = await t.throwsAsync(fit(flow, rows, { epochs: 1 }), { instanceOf: FlowDataError });
  t.regex(error.message, /expected 60 rows, each of them a point, got 50/);
});

/** Rows of three bent clusters in six dimensions. */
function mixture(seed: string, count: number): number[][] {
  const stream = new RandomStream(`mixture ${seed}`);
  return Array.from({ length: count }, () => {
    const cluster = stream.nextInteger(3);
    const z = stream.normal(6);
    return Array.from(z, (value, i) => 2 * Math.cos(2 * cluster + i) + 0.4 * value + (i > 0 ? 0.5 * z[i - 1] ** 2 : 0));
  });
}
