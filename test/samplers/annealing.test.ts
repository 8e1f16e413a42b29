import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  annealedImportanceSampling,
  effectiveSampleSize,
  FlowConfigError,
  FlowDataError,
  FlowNumericsError,
  FlowShapeError,
  freeEnergyPerturbation,
  Hmc,
  IndependenceMetropolis,
  logMeanWeight,
  Mala,
  Normal,
  OverdampedLangevin,
  RandomWalkMetropolis,
  ready,
  sequentialMonteCarlo,
  UnderdampedLangevin,
  weightedMean,
} from '../../src/index.js';
import { gaussian, Wells } from './targets.js';

test.before(() => ready({ backend: 'wasm' }));

/** One of twenty numbers is that far off, in standard errors, once in a thousand seeds. */
const FAR = 4.1;

test.serial('annealed weights average to the partition function, whatever moves the draws', async (t) => {
  const wells = new Wells(3);
  const base = new Normal({ loc: [0.2, 0], scale: [1, 1.2] });
  const samplers = [
    new RandomWalkMetropolis({ stepSize: 0.8 }),
    new Mala({ stepSize: 0.1 }),
    new Hmc({ stepSize: 0.25, leapfrogSteps: 3 }),
    new UnderdampedLangevin({ stepSize: 0.3, metropolized: true }),
    new IndependenceMetropolis({ proposal: base }),
  ];
  const before = tf.memory().numTensors;
  const plain = await annealedImportanceSampling(wells, {
    base,
    sampler: samplers[0],
    draws: 2000,
    levels: 0,
    seed: 5,
  });
  for (const sampler of samplers) {
    const run = await annealedImportanceSampling(wells, { base, sampler, draws: 2000, levels: 6, seed: 5 });
    const { value, standardError } = freeEnergyPerturbation(run.logWeights, { resamples: 10 });
    t.true(Math.abs(value + wells.logPartition) < FAR * standardError, `${sampler.name}: ${value} ± ${standardError}`);
    const x = tf.tidy(() => tf.squeeze(tf.slice(run.x, [0, 0], [-1, 1]), [1]).dataSync());
    const mean = weightedMean(x, run.logWeights);
    t.true(Math.abs(mean.value - wells.mean((v) => v)) < FAR * mean.standardError, `${sampler.name}: ${mean.value}`);
    t.is(run.acceptance.length, 6);
    if (sampler instanceof Hmc)
      t.true(effectiveSampleSize(run.logWeights) > 1.3 * effectiveSampleSize(plain.logWeights));
    run.x.dispose();
  }
  plain.x.dispose();
  t.is(tf.memory().numTensors, before);
});

test.serial('a path goes on to p²/q', async (t) => {
  // p = exp(-x²) and q standard normal: p²/q = √2π exp(-3x²/2).
  const target = gaussian([Math.SQRT1_2]);
  const sampler = new Hmc({ stepSize: 0.4, leapfrogSteps: 3 });
  const options = { base: new Normal({ loc: [0] }), sampler, draws: 2000, end: 2, levels: [0.5, 1, 1.5], seed: 1 };
  const run = await annealedImportanceSampling(target, options);
  const { value, standardError } = freeEnergyPerturbation(run.logWeights, { resamples: 10 });
  const exact = Math.log(Math.sqrt(2 * Math.PI) * Math.sqrt((2 * Math.PI) / 3));
  t.true(Math.abs(value + exact) < FAR * standardError, `${value} ± ${standardError}`);
  const squares = weightedMean(run.x.dataSync().map((v) => v * v), run.logWeights); // prettier-ignore
  t.true(Math.abs(squares.value - 1 / 3) < FAR * squares.standardError);
  run.x.dispose();
});

test.serial(
  'sequential Monte Carlo: partition function and means, by levels of its own and by given ones',
  async (t) => {
    const wells = new Wells(3);
    const base = new Normal({ loc: [0, 0], scale: 1.5 });
    const exact = wells.mean((v) => v);
    for (const levels of ['adaptive', [0.1, 0.3, 0.6, 1]] as const) {
      const estimates: number[] = [];
      const means: number[] = [];
      for (let seed = 0; seed < 8; seed++) {
        const sampler = new Hmc({ stepSize: 0.3, leapfrogSteps: 3 });
        const run = await sequentialMonteCarlo(wells, { base, sampler, draws: 500, levels, seed });
        estimates.push(Math.exp(run.logPartition - wells.logPartition));
        t.true(Math.abs(logMeanWeight(run.logWeights)) < 1e-9);
        means.push(
          weightedMean(
            tf.tidy(() => tf.slice(run.x, [0, 0], [-1, 1]).dataSync()),
            run.logWeights,
          ).value,
        );
        t.is(run.levels.at(-1), 1);
        t.true(levels === 'adaptive' ? run.resamplings > 0 : run.levels.length === 4);
        run.x.dispose();
      }
      for (const [found, wanted] of [
        [estimates, 1],
        [means, exact],
      ] as const) {
        // prettier-ignore
        const mean = found.reduce((sum, value) => sum + value, 0) / 8;
        const spread = Math.sqrt(found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 7);
        // Student's t with 7 degrees of freedom: beyond 5.4 once in a thousand.
        t.true(Math.abs(mean - wanted) < (5.4 * spread) / Math.sqrt(8), `${levels}: ${mean} ± ${spread}`);
        t.true(spread < 0.3, `${spread}`);
      }
    }
  },
);

test.serial('a target of less reach than its base has draws of no weight', async (t) => {
  /** A box of side one; infinite outside, zero inside. */
  const box = { eventShape: [1], energy: (x: tf.Tensor) => tf.tidy(() => tf.squeeze(tf.where(tf.less(tf.abs(x), 0.5), tf.zerosLike(x), tf.fill(x.shape, Infinity)), [1])) }; // prettier-ignore
  const options = { base: new Normal({ loc: [0] }), sampler: new RandomWalkMetropolis(), draws: 1000, seed: 2 };
  const annealed = await annealedImportanceSampling(box, options);
  const { value, standardError } = freeEnergyPerturbation(annealed.logWeights, { resamples: 10 });
  t.true(Math.abs(value) < FAR * standardError);
  t.true(annealed.logWeights.some((weight) => weight === -Infinity));
  const sequential = await sequentialMonteCarlo(box, options);
  t.true(Math.abs(sequential.logPartition) < 0.4);
  t.true(sequential.x.dataSync().every((x) => Math.abs(x) < 0.5));
  const nowhere = { eventShape: [1], energy: (x: tf.Tensor) => tf.fill([x.shape[0]], Infinity) };
  const { logWeights, x } = await annealedImportanceSampling(nowhere, options);
  t.throws(() => logMeanWeight(logWeights), { instanceOf: FlowDataError });
  await t.throwsAsync(sequentialMonteCarlo(nowhere, options), {
    instanceOf: FlowDataError,
    message: /weights of zero/,
  });
  tf.dispose([annealed.x, sequential.x, x]);
});

test.serial('what cannot be annealed is refused', async (t) => {
  const wells = new Wells();
  const good = { base: new Normal({ loc: [0, 0] }), sampler: new Mala(), draws: 4 };
  const ais = (change: object, target: object = wells) => annealedImportanceSampling(target as Wells, { ...good, ...change }); // prettier-ignore
  const smc = (change: object, target: object = wells) => sequentialMonteCarlo(target as Wells, { ...good, ...change });
  const before = tf.memory().numTensors;
  for (const run of [ais, smc]) {
    await t.throwsAsync(run({ sampler: new OverdampedLangevin() }), {
      instanceOf: FlowConfigError,
      message: /metropolized/,
    });
    await t.throwsAsync(run({ draws: 0 }), { instanceOf: FlowConfigError });
    await t.throwsAsync(run({ transitions: 0 }), { instanceOf: FlowConfigError });
    await t.throwsAsync(run({ base: null }), { instanceOf: FlowConfigError });
    await t.throwsAsync(run({ levels: [0.5, 0.2] }), { instanceOf: FlowConfigError });
    await t.throwsAsync(run({}, gaussian([1, 1, 1])), { instanceOf: FlowShapeError });
    await t.throwsAsync(run({}, {}), { instanceOf: FlowConfigError });
    await t.throwsAsync(run({ signal: AbortSignal.abort(new Error('enough')) }), { message: 'enough' });
    /** Not a number in the rows where x is negative. */
    const root = { eventShape: [2], energy: (x: tf.Tensor) => tf.tidy(() => tf.sum(tf.sqrt(x), 1)) };
    const error = await t.throwsAsync(run({}, root), {
      instanceOf: FlowNumericsError,
      message: /target.*NaN in row \d/,
    });
    t.true(error.row !== null && Number.isNaN(error.value));
  }
  await t.throwsAsync(ais({ levels: -1 }), { instanceOf: FlowConfigError });
  await t.throwsAsync(ais({ end: 0 }), { instanceOf: FlowConfigError });
  await t.throwsAsync(ais({ levels: 2, stepSizes: [0.1] }), { instanceOf: FlowConfigError });
  await t.throwsAsync(smc({ levels: [0.5] }), { instanceOf: FlowConfigError });
  await t.throwsAsync(smc({ effectiveFraction: 1 }), { instanceOf: FlowConfigError });
  t.is(tf.memory().numTensors, before);
});
