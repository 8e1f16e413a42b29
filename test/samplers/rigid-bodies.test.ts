import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  FlowConfigError,
  FlowShapeError,
  IceXI,
  RandomStream,
  ready,
  RigidBodyHmc,
  RigidBodyMetropolis,
  rotationMatrix,
  sampleChains,
  type EnergyLike,
} from '../../src/index.js';
import { zScore } from './targets.js';

test.before(() => ready({ backend: 'wasm' }));

/** Beyond this many standard errors in one of 30 numbers that should be right: once in a thousand seeds. */
const FAR = 4.2;
const [KAPPA, SPREAD, CHAINS] = [4, 0.05, 1500];

/** `8/√3 v_x v_y v_z` of the third row of a rotation: the octupole of a tetrahedron, between -8/9 and 8/9. */
const octupole = (v: readonly number[]) => (8 / Math.sqrt(3)) * v[0] * v[1] * v[2];

/** Two bodies that do not see each other, each tied to the origin by a spring and turned by the field of an octupole. */
const tetrahedra: EnergyLike = {
  eventShape: [2, 7],
  energy: (x) =>
    tf.tidy(() => {
      const [places, quaternions] = tf.split(x, [3, 4], 2);
      const squares = tf.sum(tf.square(quaternions), 2);
      const [a, b, c] = tf.split(tf.slice(rotationMatrix(quaternions), [0, 0, 6], [-1, -1, 3]), 3, 2);
      const product = tf.squeeze(tf.mul(tf.mul(a, b), c), [2]);
      const field = tf.mul((KAPPA * 8) / Math.sqrt(3), tf.div(product, tf.mul(squares, tf.square(squares))));
      const spring = tf.div(tf.sum(tf.square(places), 2), 2 * SPREAD * SPREAD);
      return tf.sum(tf.sub(spring, field), 1);
    }),
};

/** The third row of the rotation of a quaternion, and its octupole. */
function thirdRow([w, x, y, z]: readonly number[]): number[] {
  return [2 * (x * z - y * w), 2 * (y * z + x * w), w * w - x * x - y * y + z * z];
}

/** Independent draws of the target, by rejection. */
function drawTetrahedra(): Tensor {
  const stream = new RandomStream('tetrahedra');
  const rotation = (): number[] => {
    for (;;) {
      const q = Array.from(stream.normal(4));
      const unit = q.map((value) => value / Math.hypot(...q));
      if (stream.next() < Math.exp(KAPPA * (octupole(thirdRow(unit)) - 8 / 9))) return unit;
    }
  };
  const rows = Array.from({ length: 2 * CHAINS }, () => [...stream.normal(3).map((v) => SPREAD * v), ...rotation()]);
  return tf.reshape(tf.tensor2d(rows), [CHAINS, 2, 7]);
}

test.serial('samplers of rigid bodies leave springs and an octupole as they are, with long steps', async (t) => {
  const start = drawTetrahedra();
  const before = tf.memory().numTensors;
  for (const sampler of [
    new RigidBodyHmc({ stepSize: 0.25, leapfrogSteps: 4 }),
    new RigidBodyMetropolis({ stepSize: 0.6 }),
    new RigidBodyMetropolis({ stepSize: 0.4, moves: 'all' }),
  ]) {
    const run = await sampleChains(tetrahedra, { sampler, start, draws: 8, warmup: 0, seed: 'stationary' });
    const last = tf.tidy(() => tf.reshape(tf.slice(run.samples, [7, 0, 0, 0], [1, -1, -1, -1]), [2 * CHAINS, 7]).arraySync()) as number[][]; // prettier-ignore
    run.samples.dispose();
    const rotations = last.map((row) => row.slice(3));
    t.true(rotations.every((q) => Math.abs(Math.hypot(...q) - 1) < 1e-6));
    const thirds = rotations.map(thirdRow);
    const scores = [
      zScore(thirds.map(octupole), 0.590479),
      zScore(thirds.map((v) => v[0] ** 2), 1 / 3),
      zScore(thirds.map((v) => v[2]), 0),
      // The spin about the axis of the field is free.
      zScore(rotations.map(([w, x, y, z]) => Math.cos(2 * (Math.atan2(z, w) + Math.atan2(y, x)))), 0),
      ...[0, 1, 2].map((d) => zScore(last.map((row) => (row[d] / SPREAD) ** 2), 1)),
      zScore(last.map((row, i) => (row[0] / SPREAD) * octupole(thirds[i])), 0),
    ]; // prettier-ignore
    if (sampler instanceof RigidBodyHmc) scores.push(zScore(run.statistics.creutz, 1));
    t.true(scores.every((score) => Math.abs(score) < FAR), `${sampler.name}: ${scores.join(' ')}`); // prettier-ignore
    const acceptance = run.acceptance.reduce((sum, value) => sum + value, 0) / CHAINS;
    t.true(acceptance > 0.1 && acceptance < 0.97, `${sampler.name}: ${acceptance}`);
  }
  t.is(tf.memory().numTensors, before);
  start.dispose();
});

test.serial('warm-up finds steps that ice takes', async (t) => {
  using ice = new IceXI({ temperature: 250, repeats: [1, 1, 1], ewaldTolerance: 1e-2 });
  const start = tf.tidy(() => tf.tile(tf.reshape(tf.tensor1d(ice.reference!), [1, 8, 7]), [4, 1, 1]));
  for (const [sampler, low, high] of [
    [new RigidBodyHmc({ stepSize: 0.5, leapfrogSteps: 3 }), 0.6, 0.95],
    [new RigidBodyMetropolis({ stepSize: 3 }), 0.1, 0.6],
  ] as const) {
    const run = await sampleChains(ice, { sampler, start, draws: 20, warmup: 60, seed: 1 });
    const acceptance = run.acceptance.reduce((sum, value) => sum + value, 0) / 4;
    t.true(acceptance > low && acceptance < high, `${sampler.name}: ${acceptance}`);
    run.samples.dispose();
  }
  start.dispose();
});

test('samplers of rigid bodies refuse other events and options', async (t) => {
  const flat: EnergyLike = { eventShape: [6], energy: (x) => tf.sum(x, 1) };
  const start = tf.zeros([1, 6]);
  for (const sampler of [new RigidBodyHmc(), new RigidBodyMetropolis()]) {
    await t.throwsAsync(sampleChains(flat, { sampler, start, draws: 1 }), {
      instanceOf: FlowShapeError,
      message: /expected rigid bodies, events of shape \[bodies, 7\], got events of 6 numbers/,
    });
  }
  start.dispose();
  const refused = { instanceOf: FlowConfigError };
  t.throws(() => new RigidBodyHmc({ lengthPerRadian: 0 }), { ...refused, message: /RigidBodyHmc.lengthPerRadian/ });
  t.throws(() => new RigidBodyHmc({ jitter: 1 }), { ...refused, message: /RigidBodyHmc.jitter/ });
  t.throws(() => new RigidBodyHmc({ leapfrogSteps: 0 }), { ...refused, message: /RigidBodyHmc.leapfrogSteps/ });
  t.throws(() => new RigidBodyMetropolis({ moves: 'some' as never }), {
    ...refused,
    message: /RigidBodyMetropolis.moves: expected 'one' or 'all', got 'some'/,
  });
});
