import * as tf from '@tensorflow/tfjs-core';
import { Flow, Normal, PaddedConv, RandomStream, type PaddedSolver } from 'tfjs-flows';
import { slope } from './slope.js';
import { formatTable } from './table.js';
import { timeRepeatedly } from './timing.js';

const SOLVERS: readonly PaddedSolver[] = ['wavefront', 'nilpotent', 'sequential'];
const SIDES = [8, 16, 32, 64];

/** Images that are inverted together, and their channels: the shape at which others have published times. */
const BATCH = 16;
const CHANNELS = 12;

/** Times of one solver. */
export interface InversionTimes {
  readonly solver: PaddedSolver | 'draws, wavefront';
  /** Milliseconds for a batch, by side. */
  readonly ms: Readonly<Record<number, number>>;
  /** Exponent in the number of pixels along a side. */
  readonly exponent: number;
}

/** Times the inverses of one 3 × 3 layer, and drawing from a flow of that layer alone, over the size of the images. */
export async function timeInversions(quick: boolean): Promise<InversionTimes[]> {
  const durations = quick ? { warmSeconds: 0.1, seconds: 0.3 } : { warmSeconds: 0.5, seconds: 2 };
  const sides = quick ? SIDES.slice(0, 2) : SIDES;
  const results: InversionTimes[] = [];
  for (const solver of SOLVERS) {
    const ms: Record<number, number> = {};
    for (const side of sides) {
      using layer = layerOf(side, solver);
      const z = new RandomStream('z').normalTensor([BATCH, side, side, CHANNELS]);
      ms[side] = (await timeRepeatedly(() => read(() => layer.forward(z)), durations)).median_ms;
      z.dispose();
    }
    results.push(summary(solver, ms));
  }
  const ms: Record<number, number> = {};
  for (const side of sides) {
    using flow = new Flow({ base: Normal.standard([side, side, CHANNELS]), bijector: layerOf(side, 'wavefront') });
    const z = flow.base.sample(BATCH, { seed: 0 });
    const stream = new RandomStream('draws');
    ms[side] = (await timeRepeatedly(() => read(() => flow.sample(BATCH, { seed: stream })), durations)).median_ms;
    z.dispose();
  }
  return [...results, summary('draws, wavefront', ms)];
}

function layerOf(side: number, solver: PaddedSolver): PaddedConv {
  return new PaddedConv({ eventShape: [side, side, CHANNELS], solver, seed: 0 });
}

function summary(solver: InversionTimes['solver'], ms: Record<number, number>): InversionTimes {
  return { solver, ms, exponent: slope(Object.entries(ms).map(([side, time]) => [Number(side), time])) };
}

async function read(compute: () => tf.Tensor): Promise<void> {
  const result = tf.tidy(compute);
  await result.data();
  result.dispose();
}

/** The table of {@link timeInversions}. */
export function inversionTable(results: readonly InversionTimes[]): string {
  const sides = Object.keys(results[0].ms);
  const rows = results.map(({ solver, ms, exponent }) => [
    solver,
    ...Object.values(ms).map((time) => time.toFixed(2)),
    exponent.toFixed(2),
  ]);
  return `Inverse of a 3 x 3 layer, ${BATCH} images, ${CHANNELS} channels: ms, and the exponent in pixels a side\n${formatTable([['', ...sides, 'exponent'], ...rows])}`;
}
