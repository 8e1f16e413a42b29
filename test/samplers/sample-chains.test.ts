import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  FlowConfigError,
  FlowDataError,
  FlowFileError,
  FlowNumericsError,
  FlowShapeError,
  Hmc,
  IndependenceMetropolis,
  loadSamplerState,
  Mala,
  Normal,
  Nuts,
  OverdampedLangevin,
  ParallelTempering,
  RandomStream,
  RandomWalkMetropolis,
  realNvp,
  ready,
  sampleChains,
  SamplerCycle,
  saveSamplerState,
  summarizeChains,
  u1Exact,
  U1Lattice,
  UnderdampedLangevin,
  type ChainProgress,
  type Sampler,
} from '../../src/index.js';
import { perturb } from '../support/perturb.js';
import { gaussian, Wells, zScore } from './targets.js';

test.before(() => ready({ backend: 'wasm' }));

const FAR = 4.4;

for (const make of [() => new Hmc(), () => new Nuts()]) {
  test.serial(`${make().name} finds its steps, and chains agree with the target`, async (t) => {
    const scales = [0.2, 1, 5];
    const start = tf.tensor2d(Array.from({ length: 8 }, (_, i) => [0.4 * i - 1.4, 3 - i, 3 * i - 10]));
    const run = await sampleChains(gaussian(scales), { sampler: make(), start, draws: 200, warmup: 240, seed: 'warm' });
    const acceptance = run.acceptance.reduce((sum, value) => sum + value, 0) / 8;
    t.true(acceptance > 0.7 && acceptance < 0.95, `${acceptance}`);
    const { scale } = run.state.adaptation;
    scales.forEach((s, i) => t.true(Math.abs(Math.log(scale![i] / scale![1] / s)) < 0.5, `${scale}`));
    const found = summarizeChains(run.samples);
    scales.forEach((s, i) => {
      t.true(Math.abs(found.mean[i] / found.standardError[i]) < FAR, `${i}: ${found.mean[i]}`);
      t.true(found.rHat[i] < 1.03, `${found.rHat}`);
      t.true(Math.abs(found.standardDeviation[i] / s - 1) < 0.15, `${found.standardDeviation}`);
      t.true(found.bulkEffectiveSampleSize[i] > 300 && found.autocorrelationTime[i] < 4);
    });
    t.is(run.energies.length, 1600);
    tf.dispose([start, run.samples]);
  });
}

const RESUMABLE: readonly (() => Sampler)[] = [
  () => new Mala(),
  () => new UnderdampedLangevin({ stepSize: 0.2 }),
  () => new SamplerCycle({ samplers: [new Nuts({ maxDepth: 3 }), new IndependenceMetropolis({ proposal: new Normal({ loc: [0, 0] }) })] }), // prettier-ignore
  () => new ParallelTempering({ sampler: new UnderdampedLangevin({ metropolized: true }), temperatures: [1, 2, 4] }),
];

for (const [i, make] of RESUMABLE.entries()) {
  test.serial(`a run of ${make.toString().split('new ')[1].split('(')[0]} is resumed bit for bit`, async (t) => {
    const [wells, sampler] = [new Wells(), make()];
    const start = wells.sample(4, 'resume');
    const options = { sampler, start, warmup: 60, thin: 3, seed: 'resumed', periods: [null, 4] };
    const whole = await sampleChains(wells, { ...options, draws: 8 });
    t.deepEqual(whole.samples.shape, [8, 4, 2]);
    const parts = [];
    // Once within the warm-up, once between two draws.
    let state;
    for (const stopAt of [47, 70, Infinity]) {
      const stop = new AbortController();
      const onProgress = ({ step }: ChainProgress) => step === stopAt && stop.abort();
      const made = parts.reduce((sum, { shape }) => sum + shape[0], 0);
      const run = await sampleChains(wells, { ...options, draws: 8 - made, resume: state, onProgress, signal: stop.signal }); // prettier-ignore
      t.is(run.aborted, stopAt < Infinity);
      parts.push(run.samples);
      await saveSamplerState(`memory://chains ${i}`, run.state);
      state = await loadSamplerState(`memory://chains ${i}`);
    }
    const joined = tf.concat(parts);
    t.deepEqual(joined.dataSync(), whole.samples.dataSync());
    t.true(Math.max(...tf.slice(joined, [0, 0, 1]).dataSync().map(Math.abs)) <= 2);
    tf.dispose([start, joined, whole.samples, ...parts]);
  });
}

test.serial('tempered copies carry chains over a barrier that keeps others where they are', async (t) => {
  const wells = new Wells(6.5);
  const start = tf.fill([60, 2], 1.8);
  const sampler = new Hmc({ stepSize: 0.12, leapfrogSteps: 5 });
  const options = { start, draws: 1, warmup: 0, thin: 250, seed: 'barrier' };
  const stuck = await sampleChains(wells, { sampler, ...options });
  const right = (samples: tf.Tensor) => tf.tidy(() => [...tf.slice(samples, [0, 0, 0], [-1, -1, 1]).dataSync()].map((x) => Number(x > 0))); // prettier-ignore
  t.true(right(stuck.samples).every((side) => side === 1));
  const tempered = new ParallelTempering({ sampler, temperatures: [1, 1.7, 3, 5, 9] });
  const run = await sampleChains(wells, { sampler: tempered, ...options });
  const expected = wells.mean((x) => Number(x > 0));
  t.true(Math.abs(zScore(right(run.samples), expected)) < FAR, `${right(run.samples)} ${expected}`);
  t.is(run.acceptance.length, 300);
  const exchange = run.statistics.exchange.slice(0, 240);
  t.true(exchange.every((share) => share > 0.1 && share < 0.9), `${exchange}`); // prettier-ignore
  t.true(run.statistics.exchange.slice(240).every(Number.isNaN));
  tf.dispose([start, stuck.samples, run.samples]);
});

test.serial('links of a lattice, which are angles: plaquettes and charges are the exact ones', async (t) => {
  const energy = new U1Lattice({ shape: [4, 4], beta: 2 });
  const start = new RandomStream('links').uniformTensor([24, 2, 4, 4], -3, 3);
  const sampler = new Hmc({ leapfrogSteps: 5, adaptScale: false });
  const run = await sampleChains(energy, {
    sampler,
    start,
    draws: 80,
    warmup: 80,
    periods: 2 * Math.PI,
    seed: 'lattice',
  });
  t.true(Math.max(...run.samples.dataSync().map(Math.abs)) < 3.1416);
  const found = tf.tidy(() => {
    const charge = energy.charge(run.samples);
    const plaquette = tf.mean(tf.cos(energy.plaquettes(run.samples)), [2, 3]);
    return tf.stack([plaquette, tf.square(charge)], 2);
  });
  const { mean, standardError } = summarizeChains(found);
  const exact = u1Exact(2, 16);
  [exact.plaquette, exact.chargeSquared].forEach((value, i) => {
    t.true(Math.abs(mean[i] - value) < FAR * standardError[i], `${mean[i]} ± ${standardError[i]}, ${value}`);
    t.true(standardError[i] < 0.1 * value, `${standardError[i]}`);
  });
  tf.dispose([start, run.samples, found]);
});

test.serial('through a flow: chains on its base have the target for their equilibrium', async (t) => {
  const wells = new Wells();
  const flow = realNvp({ dims: 2, layers: 2, hidden: [8], seed: 1 });
  perturb(flow, 'through');
  const start = wells.sample(2000, 'through');
  const before = tf.memory().numTensors;
  const options = { start, draws: 3, warmup: 0, seed: 2, through: flow.bijector };
  const run = await sampleChains(wells, { sampler: new Hmc({ stepSize: 0.3, leapfrogSteps: 3 }), ...options });
  t.is(tf.memory().numTensors, before + 1);
  const rows = tf.tidy(() => tf.transpose(tf.squeeze(tf.slice(run.samples, [2, 0, 0]), [0])).arraySync()) as number[][];
  for (const f of [(v: number) => v, (v: number) => v * v, (v: number) => Number(v > 0)]) {
    t.true(Math.abs(zScore(rows[0].map(f), wells.mean(f))) < FAR);
  }
  t.true(Math.abs(zScore(rows[1].map((v) => v * v), 1)) < FAR); // prettier-ignore
  t.true(Math.abs(zScore(run.statistics.creutz, 1)) < FAR);
  tf.dispose([start, run.samples]);
  flow.dispose();
});

test.serial('what cannot be run is refused', async (t) => {
  const wells = new Wells();
  const start = wells.sample(3, 'refused');
  const good = { sampler: new Mala(), start, draws: 2, warmup: 0 };
  const run = (change: object, energy: object = wells) => sampleChains(energy as Wells, { ...good, ...change });
  const before = tf.memory().numTensors;
  await t.throwsAsync(run({ start: undefined }), { instanceOf: FlowShapeError, message: /\[chains, 2\].*none/ });
  await t.throwsAsync(run({ start: tf.zeros([3, 4]) }), { instanceOf: FlowShapeError });
  await t.throwsAsync(run({ draws: -1 }), { instanceOf: FlowConfigError });
  await t.throwsAsync(run({ thin: 0 }), { instanceOf: FlowConfigError });
  await t.throwsAsync(run({ warmup: 0.5 }), { instanceOf: FlowConfigError });
  await t.throwsAsync(run({ periods: [1, 0] }), { instanceOf: FlowConfigError, message: /0 at index 1/ });
  await t.throwsAsync(run({ periods: [1] }), { instanceOf: FlowConfigError });
  await t.throwsAsync(run({}, { eventShape: [2] }), { instanceOf: FlowConfigError, message: /FlowEnergy/ });
  const wide = new Normal({ loc: [0, 0, 0] });
  const sampler = new IndependenceMetropolis({ proposal: wide });
  await t.throwsAsync(run({ sampler }), { instanceOf: FlowShapeError });
  const { state, samples } = await run({});
  await t.throwsAsync(run({ resume: state, sampler: new Hmc() }), {
    instanceOf: FlowConfigError,
    message: /Hmc.*Mala/,
  });
  await t.throwsAsync(run({ resume: state }, gaussian([1, 1, 1])), { instanceOf: FlowShapeError });
  await t.throwsAsync(loadSamplerState('memory://nothing at all'), { instanceOf: FlowFileError });
  samples.dispose();
  wide.dispose();
  t.is(tf.memory().numTensors, before + 1);
  start.dispose();
});

test.serial(
  'energies that are not finite: rows are named at the start, proposals refused, lost chains named',
  async (t) => {
    /** `-log x - log y` and more of the same, which is not a number left of zero. */
    const logs = { eventShape: [1], energy: (x: tf.Tensor) => tf.tidy(() => tf.squeeze(tf.sub(x, tf.log(x)), [1])) };
    const start = tf.tensor2d([[1], [-1], [2], [0]]);
    const error = await t.throwsAsync(sampleChains(logs, { sampler: new Mala(), start, draws: 1 }), { instanceOf: FlowDataError }); // prettier-ignore
    t.deepEqual(error.rows, [1, 3]);
    t.regex(error.message, /NaN at row 1; Infinity at row 3/);
    const inside = tf.fill([400, 1], 1);
    for (const sampler of [
      new RandomWalkMetropolis({ stepSize: 2 }),
      new Hmc({ stepSize: 0.5 }),
      new Nuts({ stepSize: 0.5 }),
    ]) {
      const run = await sampleChains(logs, { sampler, start: inside, draws: 20, warmup: 20 });
      // The density x e^{-x} has mean 2.
      const last = tf.slice(run.samples, [19, 0, 0]);
      t.true(Math.abs(zScore(last.dataSync(), 2)) < FAR, sampler.name);
      tf.dispose([run.samples, last]);
    }
    const lost = await t.throwsAsync(
      sampleChains(logs, { sampler: new OverdampedLangevin({ stepSize: 2 }), start: inside, draws: 50 }),
      { instanceOf: FlowNumericsError, message: /chain \d+/ },
    );
    t.true(lost.row !== null);
    tf.dispose([start, inside]);
  },
);

test('options of samplers are checked', (t) => {
  const sampler = new Mala();
  for (const make of [
    () => new Hmc({ stepSize: 0 }),
    () => new Hmc({ leapfrogSteps: 0 }),
    () => new Hmc({ jitter: 1 }),
    () => new Nuts({ maxDepth: 0 }),
    () => new Mala({ targetAcceptance: 1 }),
    () => new OverdampedLangevin({ stepSize: NaN }),
    () => new UnderdampedLangevin({ friction: 0 }),
    () => new IndependenceMetropolis({ proposal: null as never }),
    () => new SamplerCycle({ samplers: [] }),
    () => new SamplerCycle({ samplers: [sampler, new Hmc()] }),
    () => new SamplerCycle({ samplers: [sampler], moves: [1, 2] }),
    () => new ParallelTempering({ sampler, temperatures: [2, 3] }),
    () => new ParallelTempering({ sampler, temperatures: [1, 3, 2] }),
    () =>
      new ParallelTempering({
        sampler: new ParallelTempering({ sampler, temperatures: [1, 2] }),
        temperatures: [1, 2],
      }),
  ]) {
    t.throws(make, { instanceOf: FlowConfigError }, make.toString());
  }
  t.throws(() => summarizeChains(tf.zeros([3])), { instanceOf: FlowShapeError });
});
