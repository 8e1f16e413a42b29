import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test, { type ExecutionContext } from 'ava';
import {
  Hmc,
  IndependenceMetropolis,
  Mala,
  Normal,
  Nuts,
  OverdampedLangevin,
  RandomWalkMetropolis,
  ready,
  sampleChains,
  SamplerCycle,
  UnderdampedLangevin,
  type Sampler,
  type SampleChainsOptions,
} from '../../src/index.js';
import { gaussian, Wells, zScore } from './targets.js';

test.before(() => ready({ backend: 'wasm' }));

/** Beyond this many standard errors in one of 100 numbers that should be right: once in a thousand seeds. */
const FAR = 4.4;

const wells = new Wells();

/** Steps so long that much is refused: what is wrong with an acceptance then shows. */
function exactSamplers(): readonly Sampler[] {
  const proposal = new Normal({ loc: [0.2, 0.1], scale: [1.2, 1.3] });
  return [
    new RandomWalkMetropolis({ stepSize: 1 }),
    new Mala({ stepSize: 0.25 }),
    new Hmc({ stepSize: 0.45, leapfrogSteps: 4 }),
    new Nuts({ stepSize: 0.4, maxDepth: 4 }),
    new UnderdampedLangevin({ stepSize: 0.6, friction: 0.5, metropolized: true }),
    new IndependenceMetropolis({ proposal }),
    new SamplerCycle({
      samplers: [new Mala({ stepSize: 0.25 }), new IndependenceMetropolis({ proposal })],
      moves: [2, 1],
    }),
  ];
}

/** Independent chains that start in equilibrium are there at the end: the rows of the last draw, `[2, chains]`. */
async function lastOf(sampler: Sampler, start: Tensor, energy: typeof wells | ReturnType<typeof gaussian>, steps = 6) {
  const options: SampleChainsOptions = { sampler, start, draws: steps, warmup: 0, seed: 'stationary' };
  const run = await sampleChains(energy, options);
  const last = tf.tidy(() => tf.transpose(tf.squeeze(tf.slice(run.samples, [steps - 1, 0, 0], [1, -1, -1]), [0])));
  const rows = (await last.array()) as number[][];
  tf.dispose([run.samples, last]);
  return { rows, run };
}

function assertWells(t: ExecutionContext, [x, y]: number[][], name: string): void {
  const functions = [
    (v: number) => v,
    (v: number) => v * v,
    (v: number) => Number(v > 0),
    (v: number) => Math.cos(3 * v),
  ];
  const scores = functions.map((f) => zScore(x.map(f), wells.mean(f)));
  const others = [zScore(y, 0), zScore(y.map((v) => v * v), 1), zScore(y.map((v, i) => v * x[i]), 0)]; // prettier-ignore
  t.true(
    [...scores, ...others].every((score) => Math.abs(score) < FAR),
    `${name}: ${[...scores, ...others].join(' ')}`,
  );
}

test.serial('exact samplers leave a double well as it is, with long steps', async (t) => {
  const [start, samplers] = [wells.sample(3000, 'wells'), exactSamplers()];
  const before = tf.memory().numTensors;
  for (const sampler of samplers) {
    t.true(sampler.exact, sampler.name);
    const { rows, run } = await lastOf(sampler, start, wells);
    assertWells(t, rows, sampler.name);
    const acceptance = run.acceptance.reduce((sum, value) => sum + value, 0) / 3000;
    t.true(acceptance > 0.2 && acceptance < 0.97, `${sampler.name}: ${acceptance}`);
  }
  t.is(tf.memory().numTensors, before);
  start.dispose();
});

test.serial('the energies of trajectories average as Creutz has it', async (t) => {
  const start = wells.sample(3000, 'creutz');
  const { run } = await lastOf(new Hmc({ stepSize: 0.3, leapfrogSteps: 3 }), start, wells, 1);
  t.true(Math.abs(zScore(run.statistics.creutz, 1)) < FAR);
  t.deepEqual(new Set(run.statistics.divergent), new Set([0]));
  start.dispose();
});

test.serial('schemes that refuse nothing are wrong on a spring as the theory has it', async (t) => {
  const [overdamped, underdamped] = [
    new OverdampedLangevin({ stepSize: 0.5 }),
    new UnderdampedLangevin({ stepSize: 1 }),
  ];
  t.false(overdamped.exact || underdamped.exact);
  // Variance 1 / (1 - ε/2) of Euler and Maruyama; BAOAB has none of its error in the positions of a spring.
  const variance = { OverdampedLangevin: 4 / 3, UnderdampedLangevin: 1 };
  const start = tf.tidy(() => wells.sample(3000, 'spring'));
  for (const sampler of [overdamped, underdamped]) {
    const { rows } = await lastOf(sampler, start, gaussian([1, 1]), 30);
    const expected = variance[sampler.name as keyof typeof variance];
    for (const row of rows) t.true(Math.abs(zScore(row.map((v) => v * v), expected)) < FAR, sampler.name); // prettier-ignore
  }
  start.dispose();
});
