import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Energy,
  FlowConfigError,
  FlowEnergy,
  FlowNumericsError,
  FlowShapeError,
  langevinDynamics,
  ready,
  smoothFlow,
  velocityVerlet,
  type Config,
  type DynamicsOptions,
  type Trajectory,
} from '../../src/index.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

test.before(() => ready({ backend: 'wasm' }));

/** `½ k |x|²`. */
class Spring extends Energy {
  static override readonly className = 'Spring';
  override readonly eventShape = [2];
  readonly #stiffness: number;

  constructor(stiffness = 1) {
    super();
    this.#stiffness = stiffness;
  }

  protected override evaluate(x: Tensor): Tensor {
    return tf.mul(tf.sum(tf.square(x), 1), this.#stiffness / 2);
  }

  override getConfig(): Config {
    return {};
  }
}

const START = { positions: Float64Array.of(1, 0, 0.5, -0.5), velocities: Float64Array.of(0, 1, 0.2, 0.1) };

const last = ({ positions, velocities, shape: [frames] }: Trajectory) => {
  const size = positions.length / frames;
  return { positions: positions.slice(-size), velocities: velocities.slice(-size) };
};

test.serial('a spring swings as it should, each copy on its own, whatever the masses', async (t) => {
  const [stepSize, steps] = [1e-3, 2000];
  const before = tf.memory().numTensors;
  const run = await velocityVerlet(new Spring(4), { ...START, masses: [1, 4], stepSize, steps, every: 500 });
  t.is(tf.memory().numTensors, before);
  t.deepEqual(run.shape, [5, 2, 2]);
  assertClose(t, run.times, [0, 0.5, 1, 1.5, 2], 1e-12);
  run.times.forEach((time, frame) => {
    START.positions.forEach((x, i) => {
      const rate = i % 2 === 0 ? 2 : 1;
      const exact = x * Math.cos(rate * time) + (START.velocities[i] / rate) * Math.sin(rate * time);
      assertClose(t, [run.positions[4 * frame + i]], [exact], 1e-5, `coordinate ${i} at ${time}`);
    });
  });
  assertClose(t, run.kinetic.subarray(0, 2), [2, 0.04], 1e-6, 'kinetic');
  assertClose(t, run.potential.subarray(0, 2), [2, 1], 1e-6, 'potential');
  t.true(run.heat.every((heat) => heat === 0));
});

test.serial('energy errors fall as the square of the step, and steps can be taken back', async (t) => {
  const largest = async (stepSize: number) => (await velocityVerlet(new Spring(), { ...START, stepSize, steps: Math.round(4 / stepSize) })).drift.largest; // prettier-ignore
  const [coarse, fine] = [await largest(0.1), await largest(0.05)];
  t.true(Math.abs(coarse / fine - 4) < 0.1, `${coarse} and ${fine}`);
  const there = last(await velocityVerlet(new Spring(), { ...START, stepSize: 0.1, steps: 50, every: 50 }));
  const turned = { positions: there.positions, velocities: there.velocities.map((v) => -v) };
  const back = last(await velocityVerlet(new Spring(), { ...turned, stepSize: 0.1, steps: 50, every: 50 }));
  assertClose(t, back.positions, START.positions, 1e-6);
});

test.serial('velocities are drawn for the masses given, and equal seeds give equal runs', async (t) => {
  const positions = tf.zeros([4000, 2]);
  const options = { positions, masses: [1, 9], stepSize: 0.01, steps: 1, seed: 'velocities' };
  const run = await velocityVerlet(new Spring(), options);
  const again = await velocityVerlet(new Spring(), options);
  t.deepEqual(again.velocities, run.velocities);
  const mean = run.kinetic.subarray(0, 4000).reduce((sum, value) => sum + value, 0) / 4000;
  t.true(Math.abs(mean - 1) < 0.05, `${mean} kT for two degrees of freedom`);
  positions.dispose();
});

test.serial('Langevin dynamics draws from the Boltzmann distribution, and accounts for its heat', async (t) => {
  const positions = new Float64Array(2 * 2000);
  const common = { positions, stepSize: 0.2, steps: 100, every: 100, seed: 'langevin' };
  const run = await langevinDynamics(new Spring(4), { ...common, masses: [1, 2], friction: 1 });
  const variance = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0) / values.length;
  // BAOAB has the exact variance of positions in a harmonic well, whatever the step.
  t.true(Math.abs(variance(last(run).positions) * 4 - 1) < 0.06, `${variance(last(run).positions)}`);
  const short = { ...START, stepSize: 2e-3, steps: 2000, friction: 2, seed: 1 };
  const { drift, heat } = await langevinDynamics(new Spring(), short);
  t.true(drift.largest < 1e-4, `${drift.largest}`);
  t.true(heat.some((value) => Math.abs(value) > 0.1));
});

test.serial('a smooth flow keeps the energy of its own dynamics over 5,000 steps', async (t) => {
  using flow = smoothFlow({ dims: 2, layers: 2, components: 6, hidden: [12, 12], seed: 'md' });
  perturb(flow, 'md', 0.15);
  using energy = new FlowEnergy({ flow });
  const positions = Float64Array.of(0.3, -1.2, 2.5, 0.4, -2, 3);
  const run = await velocityVerlet(energy, { positions, stepSize: 5e-3, steps: 5000, every: 50, seed: 2 });
  t.true(
    run.positions.some((x) => Math.abs(x) > Math.PI),
    'copies go around the torus',
  );
  const range = Math.max(...run.potential) - Math.min(...run.potential);
  t.true(range > 0.5, `energies in a range of ${range} kT`);
  t.true(run.drift.largest < 1e-3, `${run.drift.largest}`);
});

test.serial('impossible options are refused', async (t) => {
  const spring = new Spring();
  const sound: DynamicsOptions = { ...START, stepSize: 0.1, steps: 5 };
  const table: readonly [Partial<DynamicsOptions>, typeof FlowConfigError | typeof FlowShapeError, RegExp][] = [
    [{ stepSize: 0 }, FlowConfigError, /^velocityVerlet: expected stepSize: a positive number, got 0/],
    [{ steps: 1.5 }, FlowConfigError, /steps: a positive whole number, got 1.5/],
    [{ every: 6 }, FlowConfigError, /every: a whole number from 1 to 5, got 6/],
    [{ masses: -1 }, FlowConfigError, /positive masses, got -1/],
    [{ masses: [1, 2, 3] }, FlowShapeError, /2 masses, one a coordinate, got 3/],
    [{ positions: new Float64Array(3) }, FlowShapeError, /positions with a multiple of 2 numbers, got 3/],
    [{ positions: tf.zeros([2, 3]) }, FlowShapeError, /positions of shape \[copies, 2\], got \[2, 3\]/],
    [{ velocities: new Float64Array(2) }, FlowShapeError, /4 velocities, as there are positions, got 2/],
  ];
  for (const [option, instanceOf, message] of table) {
    await t.throwsAsync(velocityVerlet(spring, { ...sound, ...option }), { instanceOf, message });
  }
  await t.throwsAsync(langevinDynamics(spring, { ...sound, friction: 0 }), {
    instanceOf: FlowConfigError,
    message: /^langevinDynamics: expected friction: a positive number, got 0/,
  });
});

test.serial('a run that explodes says where', async (t) => {
  const run = velocityVerlet(new Spring(1e6), { ...START, stepSize: 1, steps: 100 });
  const error = await t.throwsAsync(run, { instanceOf: FlowNumericsError });
  t.regex(
    error.message,
    /^velocityVerlet: expected a finite (force|energy) from Spring at step \d+, got -?Infinity. Take shorter/,
  );
});
