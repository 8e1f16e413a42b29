import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  effectiveSampleSize,
  fit,
  FlowConfigError,
  gaugeFieldFlow,
  Normal,
  ready,
  reverseKl,
  scalarFieldFlow,
  ScalarFieldLattice,
  U1Lattice,
  u1Exact,
  type Energy,
  type Flow,
} from '../../src/index.js';

test.before(async () => {
  await ready();
});

/** `log w` of draws, and their share that they are worth. */
function weights(flow: Flow, energy: Energy, draws: number): { logZ: number; share: number } {
  return tf.tidy(() => {
    const [x, logProb] = flow.sampleAndLogProb(draws, { seed: 'draws' });
    const logWeights = tf.neg(tf.add(energy.energy(x), logProb));
    const logZ = tf.logSumExp(logWeights).dataSync()[0] - Math.log(draws);
    return { logZ, share: effectiveSampleSize(logWeights.dataSync<'float32'>()) / draws };
  });
}

test('a gauge field flow finds the partition function by the action alone', async (t) => {
  using energy = new U1Lattice({ shape: [4, 4], beta: 1 });
  using flow = gaugeFieldFlow({ shape: [4, 4], layers: 8, hidden: [4], bins: 4, seed: 'links' });
  const before = weights(flow, energy, 1000);
  await fit(flow, { objective: reverseKl(energy), steps: 150, batchSize: 64, learningRate: 5e-3, seed: 'links' });
  const after = weights(flow, energy, 2000);
  t.true(after.share > 0.6 && after.share > 1.5 * before.share, `${before.share} to ${after.share}`);
  const exact = u1Exact(1, 16).logPartition + 32 * Math.log(2 * Math.PI);
  t.true(Math.abs(after.logZ - exact) < 0.1, `${after.logZ}, exactly ${exact}`);
});

test('a scalar field flow learns the action, and its density moves along with the field', async (t) => {
  using energy = new ScalarFieldLattice({ shape: [4, 4] });
  const base = new Normal({ eventShape: [4, 4], loc: 0, scale: 0.4 });
  using flow = scalarFieldFlow({ shape: [4, 4], layers: 4, hidden: [6], tailBound: 2, base, seed: 'field' });
  const before = weights(flow, energy, 1000);
  await fit(flow, { objective: reverseKl(energy), steps: 150, batchSize: 128, learningRate: 5e-3, seed: 'field' });
  const after = weights(flow, energy, 2000);
  t.true(after.share > 0.5 && after.share > 5 * before.share, `${before.share} to ${after.share}`);
  tf.tidy(() => {
    const x = flow.sample(5, { seed: 1 });
    const [first, rest] = tf.split(x, [2, 2], 2);
    const difference = tf.sub(flow.logProb(x), flow.logProb(tf.concat([rest, first], 2)));
    t.true(tf.max(tf.abs(difference)).dataSync()[0] < 1e-4);
  });
});

test('lattices that recipes cannot divide are refused', (t) => {
  const refuse = (make: () => Flow, message: RegExp) => t.throws(make, { instanceOf: FlowConfigError, message });
  refuse(() => gaugeFieldFlow({ shape: [4, 6] }), /gaugeFieldFlow.shape/);
  refuse(() => gaugeFieldFlow({ shape: [4, 4], transform: 'affine' as 'spline' }), /gaugeFieldFlow.transform/);
  refuse(() => scalarFieldFlow({ shape: [4, 3] }), /scalarFieldFlow.shape/);
  refuse(() => scalarFieldFlow({ shape: [4, 4], transform: 'cubic' as 'spline' }), /scalarFieldFlow.transform/);
  refuse(() => scalarFieldFlow({ shape: [4, 4], layers: 0 }), /layers/);
});
