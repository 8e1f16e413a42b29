import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  fit,
  FlowConfigError,
  FlowEnergy,
  forceMatching,
  loadFlow,
  RandomStream,
  ready,
  removeFlow,
  smoothFlow,
  type SmoothFlowOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

const SMALL = { layers: 3, components: 8, hidden: [12, 12], seed: 'smooth' } as const;

for (const dims of [2, 3]) {
  for (const domain of ['torus', [-1, 2]] as const) {
    onEachBackend(test, `${dims} coordinates, ${domain}: starts almost uniform, round trips, is seeded`, (t) => {
      const [low, high] = domain === 'torus' ? [-Math.PI, Math.PI] : domain;
      const options = { dims, domain, ...SMALL };
      using flow = smoothFlow(options);
      using twin = smoothFlow(options);
      tf.tidy(() => {
        const x = new RandomStream('x').uniformTensor([9, dims], low, high);
        const uniform = -dims * Math.log(high - low);
        assertClose(t, flow.logProb(x), new Array<number>(9).fill(uniform), 0.1, 'log-density at the start');
        [flow, twin].forEach((each) => perturb(each, 'weights', 0.2));
        assertClose(t, flow.forward(flow.inverse(x)), x, 1e-3, 'round trip');
        assertClose(t, twin.logProb(x), flow.logProb(x), 2e-6, 'equal seeds');
        const [draws, logProb] = flow.sampleAndLogProb(7, { seed: 0 });
        assertClose(t, flow.logProb(draws), logProb, 2e-3, 'density of draws');
        t.true(draws.dataSync<'float32'>().every((v) => v >= Math.fround(low) && v <= Math.fround(high)));
      });
    });
  }
}

onEachBackend(test, 'on the torus, density and force go on where the circles are cut', (t) => {
  using flow = smoothFlow({ dims: 2, ...SMALL });
  perturb(flow, 'weights', 0.3);
  using energy = new FlowEnergy({ flow });
  tf.tidy(() => {
    const other = [-2, 0.3, 1.9];
    const side = (angle: number) => tf.tensor2d(other.flatMap((y, i) => (i === 1 ? [y, angle] : [angle, y])), [3, 2]); // prettier-ignore
    assertClose(t, energy.energy(side(-Math.PI)), energy.energy(side(Math.PI)), 1e-5, 'energies');
    assertClose(t, energy.force(side(-Math.PI)), energy.force(side(Math.PI)), 1e-4, 'forces');
    assertClose(t, energy.force(side(Math.PI + 0.4)), energy.force(side(0.4 - Math.PI)), 1e-3, 'a turn further');
  });
});

onEachBackend(test, 'the density integrates to one', (t) => {
  for (const domain of ['torus', [0, 1]] as const) {
    using flow = smoothFlow({ dims: 2, domain, ...SMALL });
    perturb(flow, 'weights', 0.3);
    tf.tidy(() => {
      const [low, high] = domain === 'torus' ? [-Math.PI, Math.PI] : domain;
      const cells = 60;
      const at = (i: number) => low + ((i + 0.5) / cells) * (high - low);
      const grid = Array.from({ length: cells * cells }, (_, i) => [at(i % cells), at(Math.floor(i / cells))]);
      const mass = tf.mean(tf.exp(flow.logProb(tf.tensor2d(grid)))).dataSync()[0] * (high - low) ** 2;
      t.true(Math.abs(mass - 1) < 2e-3, `${domain}: ${mass}`);
    });
  }
});

test.serial('it learns from forces, in steps that are planned', async (t) => {
  await ready({ backend: 'wasm' });
  using teacher = smoothFlow({ dims: 2, ...SMALL, seed: 'teacher' });
  perturb(teacher, 'teacher', 0.4);
  using energy = new FlowEnergy({ flow: teacher });
  using flow = smoothFlow({ dims: 2, ...SMALL });
  const [x, targets] = tf.tidy(() => {
    const draws = teacher.sample(400, { seed: 'draws' });
    return [draws, energy.force(draws)];
  });
  const objective = forceMatching({ likelihood: 1, forces: 0.1 });
  const steps = 120;
  const { epochs } = await fit(flow, { x, targets }, { objective, steps, batchSize: 200, learningRate: 5e-3, seed: 1 });
  const [first, last] = [epochs[0].train, epochs.at(-1)!.train];
  t.true(last < first - 0.1, `${first} to ${last}`);
  tf.dispose([x, targets]);
});

test.serial('it can be saved and loaded', async (t) => {
  await ready({ backend: 'cpu' });
  using flow = smoothFlow({ dims: 2, ...SMALL });
  perturb(flow, 'weights');
  await flow.save('memory://smooth');
  using copy = await loadFlow('memory://smooth');
  tf.tidy(() => {
    const x = new RandomStream('x').uniformTensor([5, 2], -3, 3);
    assertClose(t, copy.logProb(x), flow.logProb(x), 0);
  });
  await removeFlow('memory://smooth');
});

test('presets have their sizes, and impossible options are refused', (t) => {
  const count = (options: SmoothFlowOptions): number => {
    using flow = smoothFlow(options);
    return flow.parameterCount;
  };
  // 2 x 100 + 100 + 100 x 100 + 100 + 100 x 162 + 162 numbers a layer.
  t.is(count({ dims: 2 }), 4 * (300 + 10_100 + 101 * 162));
  t.is(count({ dims: 2, domain: [0, 1], preset: 'small' }), 4 * (64 + 33 * 32 + 33 * 49));
  const table: readonly [SmoothFlowOptions, RegExp][] = [
    [{ dims: 1 }, /^smoothFlow: expected dims: a whole number, at least 2, got 1/],
    [{ dims: 2.5 }, /at least 2, got 2.5/],
    [{ dims: 2, layers: 0 }, /^smoothFlow: expected layers: a positive integer, got 0/],
    [{ dims: 2, activation: 'relu' }, /^smoothFlow.activation: expected one with derivatives of every order, such as silu, got relu/],
    [{ dims: 2, preset: 'large' as never }, /^smoothFlow.preset: expected 'paper' or 'small', got 'large'/],
    [{ dims: 2, domain: [1, 0] }, /^BumpMixture: expected a finite interval with low < high/],
  ]; // prettier-ignore
  for (const [options, message] of table) t.throws(() => smoothFlow(options), { instanceOf: FlowConfigError, message });
});
