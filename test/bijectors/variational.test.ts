import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  fit,
  FlowConfigError,
  FlowNumericsError,
  MLP,
  Planar,
  planarFlow,
  Radial,
  radialFlow,
  RandomStream,
  ready,
  Sylvester,
  sylvesterFlow,
  type Bijector,
  type Flow,
  type SylvesterBasisName,
  type VariationalFlowOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';
import { perturb } from '../support/perturb.js';

interface Case {
  x: number[][];
  y: number[][];
  logdet: number[];
}

type PlanarCase = Case & { uHat: number[]; w: number[]; b: number };
type RadialCase = Case & { z0: number[]; alphaRaw: number; betaRaw: number };
type SylvesterCase = Case & { Q: number[][]; R1: number[][]; R2: number[][]; b: number[] };

const softplus = (t: number) => Math.log1p(Math.exp(t));

const REFERENCES: readonly { name: string; maps: () => { made: Bijector; expected: Case }[] }[] = [
  {
    name: 'Planar',
    maps: () =>
      golden<PlanarCase>('planar').cases.map((c) => ({ made: Planar.of({ u: c.uHat, w: c.w, b: c.b }), expected: c })),
  },
  {
    name: 'Radial',
    maps: () =>
      golden<RadialCase>('radial').cases.map((c) => {
        const alpha = Math.abs(c.alphaRaw);
        return { made: Radial.of({ center: c.z0, alpha, beta: softplus(c.betaRaw) - alpha }), expected: c };
      }),
  },
  {
    name: 'Sylvester',
    maps: () =>
      golden<SylvesterCase>('sylvester').cases.map((c) => ({
        made: Sylvester.of({ q: c.Q, r: c.R1, rTilde: c.R2, b: c.b }),
        expected: c,
      })),
  },
];

for (const { name, maps } of REFERENCES) {
  onEachBackend(test, `${name}: agrees with the reference values`, (t) => {
    for (const [i, { made, expected }] of maps().entries()) {
      using map = made;
      tf.tidy(() => {
        const [y, logDet] = map.forwardAndLogDet(tf.tensor2d(expected.x));
        assertClose(t, y, expected.y.flat(), 1e-5, `case ${i}: y`);
        assertClose(t, logDet, expected.logdet, 1e-5, `case ${i}: log-det`);
        const [x, negative] = map.inverseAndLogDet(tf.tensor2d(expected.y));
        assertClose(t, x, expected.x.flat(), 1e-4, `case ${i}: x`);
        assertClose(t, tf.neg(negative), expected.logdet, 1e-4, `case ${i}: log-det of the inverse`);
      });
    }
  });
}

const BASES: readonly SylvesterBasisName[] = ['orthogonal', 'householder', 'triangular'];

onEachBackend(test, 'untrained maps are the identity', (t) => {
  const x = new RandomStream('x').normalTensor([6, 4]);
  const sylvesters = BASES.map((basis) => new Sylvester({ dims: 4, basis, flip: true }));
  for (const made of [new Planar({ dims: 4 }), new Radial({ dims: 4 }), ...sylvesters]) {
    using map = made;
    tf.tidy(() => {
      const [y, logDet] = map.forwardAndLogDet(x);
      assertClose(t, y, x, 1e-6, map.className);
      assertClose(t, logDet, new Float32Array(6), 1e-6, map.className);
    });
  }
  x.dispose();
});

onEachBackend(test, 'they stay invertible for raw parameters of any size', (t) => {
  const x = new RandomStream('x').normalTensor([32, 3]);
  const sylvesters = BASES.map((basis) => new Sylvester({ dims: 3, basis, seed: basis }));
  for (const made of [new Planar({ dims: 3 }), new Radial({ dims: 3 }), ...sylvesters]) {
    using map = made;
    perturb(map, map.className, 3);
    tf.tidy(() => {
      const [y, logDet] = map.forwardAndLogDet(x);
      const [back, negative] = map.inverseAndLogDet(y);
      // A slope of 1e-3 or so makes that much of a rounding error.
      assertClose(t, back, x, 2e-3, map.className);
      assertClose(t, tf.neg(negative), logDet, 2e-2, map.className);
    });
  }
  x.dispose();
});

onEachBackend(test, 'Radial: points at the centre and far from it', (t) => {
  using map = Radial.of({ center: [1, -2], alpha: 0.5, beta: 1.5 });
  tf.tidy(() => {
    const x = tf.tensor2d([[1, -2], [1e6, -2], [1, 3e18]]); // prettier-ignore
    const [y, logDet] = map.forwardAndLogDet(x);
    // There the factor is 1 + β / α in both directions.
    assertClose(t, tf.slice(y, [0, 0], [1, 2]), [1, -2], 1e-6);
    assertClose(t, logDet, [2 * Math.log(4), 0, 0], 1e-5);
    assertClose(t, tf.div(map.inverse(y), x), [1, 1, 1, 1, 1, 1], 1e-6);
  });
});

onEachBackend(test, 'a conditioner gives each row a map of its own', (t) => {
  const contexts = new RandomStream('contexts').normalTensor([5, 2]);
  const x = new RandomStream('x').normalTensor([5, 3]);
  const conditioner = (request: { inputs: number; outputs: number }) => new MLP({ ...request, hidden: [4], contextShape: [2], seed: 1 }); // prettier-ignore
  const householder = { basis: 'householder', reflections: 3 } as const;
  for (const made of [
    new Planar({ dims: 3, conditioner }),
    new Radial({ dims: 3, conditioner }),
    new Sylvester({ dims: 3, units: 2, conditioner }),
    new Sylvester({ dims: 3, conditioner, ...householder }),
  ]) {
    using map = made;
    tf.tidy(() => {
      const [y, logDet] = map.forwardAndLogDet(x, contexts);
      const single = tf.unstack(x).map((row, i) => map.forwardAndLogDet(row, tf.gather(contexts, i)));
      assertClose(t, y, tf.stack(single.map(([value]) => value)), 1e-5, map.className);
      assertClose(t, logDet, tf.stack(single.map(([, value]) => value)), 1e-5, map.className);
      assertClose(t, map.inverse(y, contexts), x, 1e-4, map.className);
    });
  }
  tf.dispose([contexts, x]);
});

const RECIPES: Record<string, (options: VariationalFlowOptions) => Flow> = { planarFlow, radialFlow, sylvesterFlow };

for (const [name, recipe] of Object.entries(RECIPES)) {
  onEachBackend(test, `${name}: starts as the base, round trips either way, is seeded, and integrates to one`, (t) => {
    for (const direction of ['inverse', 'forward'] as const) {
      using flow = recipe({ dims: 3, layers: 3, direction, seed: name });
      using twin = recipe({ dims: 3, layers: 3, direction, seed: name });
      tf.tidy(() => {
        const x = new RandomStream('x').normalTensor([9, 3]);
        const gaussian = tf.sum(tf.sub(tf.mul(-0.5, tf.square(x)), 0.5 * Math.log(2 * Math.PI)), 1);
        assertClose(t, flow.logProb(x), gaussian, 1e-5, 'log-density at the start');
        [flow, twin].forEach((each) => perturb(each, 'weights'));
        assertClose(t, flow.forward(flow.inverse(x)), x, 1e-3, 'round trip');
        assertClose(t, twin.logProb(x), flow.logProb(x), 0, 'equal seeds');
        const [draws, logProb] = flow.sampleAndLogProb(7, { seed: 0 });
        assertClose(t, logProb, flow.logProb(draws), 1e-3, 'density of draws');
      });
    }
    using flow = recipe({ dims: 1, layers: 3, seed: name });
    perturb(flow, 'integral');
    tf.tidy(() => {
      const [reach, cells] = [40, 4001];
      const grid = tf.expandDims(tf.linspace(-reach, reach, cells), 1);
      const mass = (tf.sum(tf.exp(flow.logProb(grid))).dataSync()[0] * 2 * reach) / (cells - 1);
      t.true(Math.abs(mass - 1) < 5e-3, `mass ${mass}`);
    });
  });
}

onEachBackend(test, 'flows with a context: their density changes with it', (t) => {
  for (const recipe of Object.values(RECIPES)) {
    using flow = recipe({ dims: 2, layers: 2, hidden: [8], contextShape: [3] });
    perturb(flow, 'context');
    tf.tidy(() => {
      const x = new RandomStream('x').normalTensor([4, 2]);
      const [a, b] = ['a', 'b'].map((seed) => new RandomStream(seed).normalTensor([4, 3]));
      t.notDeepEqual(flow.logProb(x, { context: a }).dataSync(), flow.logProb(x, { context: b }).dataSync());
      assertClose(t, flow.forward(flow.inverse(x, { context: a }), { context: a }), x, 1e-3);
    });
  }
});

test.serial('training: steps are planned, and two modes are found', async (t) => {
  await ready({ backend: 'wasm' });
  const stream = new RandomStream('modes');
  const rows = Array.from({ length: 512 }, () => {
    const side = stream.next() < 0.5 ? -1 : 1;
    return [1.5 * side + 0.4 * stream.nextNormal(), stream.nextNormal()];
  });
  const engine = tf.engine();
  const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
  for (const [name, recipe] of Object.entries(RECIPES)) {
    using flow = recipe({ dims: 2, layers: 6, seed: 'modes' });
    const loss = () => tf.tidy(() => -tf.mean(flow.logProb(tf.tensor2d(rows))).dataSync()[0]);
    tf.tidy(() => flow.initialize(tf.tensor2d(rows)));
    const start = loss();
    let [count, kernels] = [0, Infinity];
    const onStep = ({ step }: { step: number }) => {
      [count, kernels] = [0, count];
      if (step !== 10) return;
      engine.runKernel = ((...call: Parameters<typeof runKernel>) => (count++, runKernel.apply(engine, call))) as typeof runKernel; // prettier-ignore
    };
    const options = { steps: 150, batchSize: 128, learningRate: 0.02, seed: 'modes', callbacks: { onStep } };
    await fit(flow, rows, options).finally(() => delete (engine as Partial<typeof engine>).runKernel);
    t.true(loss() < start - 0.25, `${name}: from ${start} to ${loss()} nats a row`);
    t.true(kernels <= 4, `${name}: ${kernels} kernels a step`);
  }
});

test('a search that is too short is named after its map', (t) => {
  using map = Planar.of({ u: [3, 0], w: [1, 0], b: 0 }, { maxSteps: 1 });
  t.deepEqual(map.getConfig().maxSteps, 1);
  const error = t.throws(() => tf.tidy(() => map.inverse(tf.tensor2d([[5, 1]]))), { instanceOf: FlowNumericsError });
  t.regex(error.message, /^Planar\.inverse: expected a numerical inverse within 1 steps, got a residual of -?\d/);
});

test('impossible options are refused', (t) => {
  const q = [[1, 0], [0, 1]]; // prettier-ignore
  const half = [[0.5, 0], [0, 0.5]]; // prettier-ignore
  const b = [0, 0];
  const conditioner = new MLP({ inputs: 0, outputs: 4, hidden: [], contextShape: [1] });
  const table: readonly [() => unknown, RegExp][] = [
    [() => new Planar({ dims: 0 }), /^Planar\.dims: expected a positive integer/],
    [() => new Planar({ dims: 2, conditioner }), /^Planar: expected a conditioner from 0 inputs to 5 outputs, got 0 to 4/],
    [() => new Planar({ dims: 2, maxSteps: 0 }), /^Planar: expected maxSteps/],
    [() => Planar.of({ u: [-2, 0], w: [1, 0], b: 0 }), /^Planar\.of: expected `w` other than zero, and `w · u > -1`, got/],
    [() => Planar.of({ u: [1], w: [1, 0], b: 0 }), /^Planar\.of: expected 1 finite numbers/],
    [() => Radial.of({ center: [0], alpha: 1, beta: -1 }), /^Radial\.of: expected `alpha > 0` and `alpha \+ beta > 0`/],
    [() => Radial.of({ center: [NaN], alpha: 1, beta: 1 }), /^Radial\.of: expected 3 finite numbers, got NaN/],
    [() => new Sylvester({ dims: 2, units: 3 }), /^Sylvester: expected at most as many `units` as `dims`, 2, got 3/],
    [() => new Sylvester({ dims: 2, units: 1, basis: 'triangular' }), /^Sylvester: expected `units` as many as `dims`/],
    [() => new Sylvester({ dims: 2, basis: 'x' as 'triangular' }), /^Sylvester: expected basis: .* got 'x'/],
    [() => new Sylvester({ dims: 2, tolerance: 0 }), /^Sylvester: expected tolerance > 0/],
    [() => Sylvester.of({ q, r: [[1, 0], [0, 0]], rTilde: half, b }), /^Sylvester\.of: expected 4 entries of diagonals/],
    [() => Sylvester.of({ q: half, r: half, rTilde: half, b }), /^Sylvester\.of: expected orthonormal columns `q`/],
    [() => sylvesterFlow({ dims: 2, direction: 'both' as 'forward' }), /^sylvesterFlow\.direction: expected 'forward' or/],
    [() => planarFlow({ dims: 2, layers: 0 }), /^planarFlow: expected layers: a positive integer, got 0/],
  ]; // prettier-ignore
  for (const [build, message] of table) t.throws(build, { instanceOf: FlowConfigError, message });
  conditioner.dispose();
});
