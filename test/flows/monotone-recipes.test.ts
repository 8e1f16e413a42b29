import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  bernsteinFlow,
  blockNaf,
  fit,
  FlowConfigError,
  gaussianizationFlow,
  logisticMixtureFlow,
  naf,
  RandomStream,
  ready,
  sosFlow,
  umnn,
  type Flow,
  type RecipeOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

const RECIPES: Record<string, (options: RecipeOptions) => Flow> = {
  naf: (options) => naf({ units: 4, ...options }),
  sosFlow: (options) => sosFlow({ polynomials: 2, degree: 2, ...options }),
  bernsteinFlow: (options) => bernsteinFlow({ degree: 6, ...options }),
  umnn: (options) => umnn({ integrandHidden: 3, nodes: 21, ...options }),
  logisticMixtureFlow: (options) => logisticMixtureFlow({ components: 3, ...options }),
  blockNaf: (options) => blockNaf({ ...options, hidden: [4] }),
  gaussianizationFlow: (options) => gaussianizationFlow({ ...options, components: 4 }),
};

/** How far log-densities may be from those of a standard normal at the start; null for none near it. */
const START: Record<string, number | null> = { bernsteinFlow: 1e-5, umnn: 1e-5, blockNaf: null };

const SMALL = { layers: 2, hidden: [8], seed: 'monotone' };

for (const [name, recipe] of Object.entries(RECIPES)) {
  for (const dims of [1, 3]) {
    onEachBackend(test, `${name}, ${dims} coordinates: starts near the base, round trips, and is seeded`, (t) => {
      using flow = recipe({ dims, ...SMALL });
      using twin = recipe({ dims, ...SMALL });
      tf.tidy(() => {
        const x = new RandomStream('x').normalTensor([9, dims]);
        const gaussian = tf.sum(tf.sub(tf.mul(-0.5, tf.square(x)), 0.5 * Math.log(2 * Math.PI)), 1);
        const gap = name in START ? START[name] : 0.1;
        if (gap !== null) assertClose(t, flow.logProb(x), gaussian, gap, 'log-density at the start');
        [flow, twin].forEach((each) => perturb(each, 'weights'));
        assertClose(t, flow.forward(flow.inverse(x)), x, 1e-3, 'round trip');
        assertClose(t, twin.logProb(x), flow.logProb(x), 0, 'equal seeds');
        const [draws, logProb] = flow.sampleAndLogProb(7, { seed: 0 });
        assertClose(t, logProb, flow.logProb(draws), 1e-3, 'density of draws');
      });
    });
  }

  onEachBackend(test, `${name}: the density integrates to one`, (t) => {
    using flow = recipe({ dims: 1, ...SMALL });
    perturb(flow, 'integral');
    tf.tidy(() => {
      const [reach, cells] = [60, 12_001];
      const grid = tf.expandDims(tf.linspace(-reach, reach, cells), 1);
      const mass = (tf.sum(tf.exp(flow.logProb(grid))).dataSync()[0] * 2 * reach) / (cells - 1);
      t.true(Math.abs(mass - 1) < 5e-3, `mass ${mass}`);
    });
  });
}

for (const name of ['naf', 'logisticMixtureFlow', 'blockNaf']) {
  onEachBackend(test, `${name}: a context changes the density`, (t) => {
    using flow = RECIPES[name]({ dims: 2, ...SMALL, contextShape: [3] });
    perturb(flow, 'context');
    tf.tidy(() => {
      const x = new RandomStream('x').normalTensor([4, 2]);
      const [a, b] = ['a', 'b'].map((seed) => new RandomStream(seed).normalTensor([4, 3]));
      t.notDeepEqual(flow.logProb(x, { context: a }).dataSync(), flow.logProb(x, { context: b }).dataSync());
      assertClose(t, flow.forward(flow.inverse(x, { context: a }), { context: a }), x, 1e-3);
    });
  });
}

test.serial('steps are planned: none leaves kernels to the engine', async (t) => {
  await ready({ backend: 'wasm' });
  const rows = new RandomStream('rows').normal(256 * 3);
  const engine = tf.engine();
  const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
  const data = Array.from({ length: 256 }, (_, i) => rows.subarray(3 * i, 3 * i + 3));
  for (const [name, recipe] of Object.entries(RECIPES)) {
    using flow = recipe({ dims: 3, ...SMALL });
    let [count, kernels] = [0, Infinity];
    const onStep = ({ step }: { step: number }) => {
      [count, kernels] = [0, count];
      if (step !== 10) return;
      engine.runKernel = ((...call: Parameters<typeof runKernel>) => (count++, runKernel.apply(engine, call))) as typeof runKernel; // prettier-ignore
    };
    await fit(flow, data, { steps: 12, batchSize: 32, seed: 'order', callbacks: { onStep } }).finally(
      () => delete (engine as Partial<typeof engine>).runKernel,
    );
    t.true(kernels <= 4, `${name}: ${kernels} kernels`);
  }
});

test.serial('Gaussianization fits two modes from its first look at the data', async (t) => {
  await ready({ backend: 'wasm' });
  const stream = new RandomStream('modes');
  const rows = Array.from({ length: 1500 }, () => {
    const side = stream.next() < 0.5 ? -1 : 1;
    return [2 * side + 0.4 * stream.nextNormal(), 1.5 * side + 0.4 * stream.nextNormal()];
  });
  using flow = gaussianizationFlow({ dims: 2, layers: 4, components: 30, seed: 'modes' });
  const gaussian = 0.5 * Math.log((2 * Math.PI * Math.E) ** 2 * covarianceDeterminant(rows));
  tf.tidy(() => flow.initialize(tf.tensor2d(rows)));
  const loss = tf.tidy(() => -tf.mean(flow.logProb(tf.tensor2d(rows))).dataSync()[0]);
  t.true(loss < gaussian - 0.3, `${loss} nats a row before any step, ${gaussian} for the best Gaussian`);
});

function covarianceDeterminant(rows: readonly number[][]): number {
  const mean = (f: (row: number[]) => number) => rows.reduce((sum, row) => sum + f(row), 0) / rows.length;
  const [a, b] = [mean(([x]) => x), mean(([, y]) => y)];
  const covariance = mean(([x, y]) => (x - a) * (y - b));
  return mean(([x]) => (x - a) ** 2) * mean(([, y]) => (y - b) ** 2) - covariance ** 2;
}

test('impossible sizes are refused', (t) => {
  for (const [name, recipe] of Object.entries(RECIPES)) {
    for (const options of [{ dims: 0 }, { dims: 2, layers: 0 }]) {
      t.throws(() => recipe(options), { instanceOf: FlowConfigError }, `${name} ${JSON.stringify(options)}`);
    }
  }
  t.throws(() => naf({ dims: 2, units: 0 }), { message: /units: a whole number/ });
  t.throws(() => sosFlow({ dims: 2, tailBound: 0 }), { message: /tailBound: a positive number/ });
  t.throws(() => umnn({ dims: 2, nodes: 1 }), { message: /nodes: a whole number, at least 3/ });
});
