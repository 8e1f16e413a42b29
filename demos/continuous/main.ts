/**
 * A continuous flow at work: learns a two-dimensional toy by flow matching, and draws how its density and some particles
 * move from noise to data. `npm run continuous -- [TOY] [FOLDER]`
 */
import * as tf from '@tensorflow/tfjs-core';
import { SingleBar } from 'cli-progress';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ContinuousBijector,
  cosine,
  fit,
  Flow,
  flowMatching,
  MLPField,
  Normal,
  optimalTransport,
  ready,
  toys,
  type ToyName,
} from 'tfjs-flows';
import { centres, densityAt, tracePaths } from './paths.js';
import { heatMap, particles, renderPage, renderRow } from './picture.js';

const STEPS = 4000;
const BATCH = 256;
const HELD_OUT = 5000;
const MOMENTS = [0, 0.25, 0.5, 0.75, 1];
/** Particles whose paths are drawn. */
const TAILS = 300;
const GRID = { reach: 4.2, cells: 160 };

const [name = 'pinwheel', folder = 'build/continuous'] = process.argv.slice(2);
const toy = toys[name as ToyName] as (typeof toys)[ToyName] | undefined;
if (!toy) {
  console.error(`Name a toy: ${Object.keys(toys).join(', ')}. Got ${name}.`);
  process.exit(2);
}
const { backend, reason } = await ready();
console.log(`Backend: ${backend}. ${reason}`);

const field = new MLPField({ dims: 2, hidden: [64, 64, 64], activation: 'silu', time: 'concatSquash', seed: 'demo' });
using flow = new Flow({ base: Normal.standard([2]), bijector: new ContinuousBijector({ field }) });
console.log(`Learning ${toy.title} by flow matching: ${STEPS} steps of ${BATCH} rows, ${flow.parameterCount} weights.`);
await trainWithProgress();

const test = toy(HELD_OUT, { seed: 'test' });
const scores = tf.tidy(() => flow.logProb(tf.tensor2d(test, [HELD_OUT, 2])).dataSync());
const [model, exact] = [mean(scores), mean(toy.logDensity(test))];
console.log(`Held out: ${model.toFixed(3)} nats a row, where the exact density has ${exact.toFixed(3)}.`);

console.log('Drawing ...');
const densities = MOMENTS.map((time) => densityAt(flow, field, time, GRID));
const truth = toy.logDensity(centres(GRID)).map(Math.exp);
const top = quantile(truth, 0.997);
const paths = tracePaths(flow, field, { draws: 1600, frames: 40 });
const moments = (body: (time: number, i: number) => string) =>
  MOMENTS.map((time, i) => ({ title: `t = ${time}`, body: body(time, i) }));
const files = {
  'densities.svg': renderRow(moments((_, i) => heatMap(densities[i], GRID, top))),
  'trajectories.svg': renderRow(moments((time) => particles(paths, GRID.reach, time, TAILS))),
  'result.svg': renderRow(
    [
      { title: 'paths from noise to data', body: particles(paths, GRID.reach, 1, TAILS) },
      { title: 'density learned', body: heatMap(densities.at(-1)!, GRID, top) },
      { title: 'exact density', body: heatMap(truth, GRID, top) },
    ],
    444,
  ),
  'index.html': renderPage(
    toy.title,
    `A network of ${flow.parameterCount} weights moves draws of a normal distribution until they look like ${toy.title}. It was trained by flow ` +
      `matching with optimal-transport pairs in ${STEPS} steps; held-out points have ${model.toFixed(3)} nats under the ` +
      `flow and ${exact.toFixed(3)} under the exact density.`,
  ),
};
mkdirSync(folder, { recursive: true });
for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
console.log(`Open ${join(folder, 'index.html')}.`);

/** Trains with a progress bar on a terminal, or some lines elsewhere. */
async function trainWithProgress(): Promise<void> {
  const bar = process.stdout.isTTY ? new SingleBar({ format: 'fit {bar} step {value} of {total} | loss {loss}', hideCursor: true }) : null; // prettier-ignore
  bar?.start(STEPS, 0, { loss: '-' });
  await fit(flow, toy!(100 * BATCH, { seed: 'train' }), {
    objective: flowMatching({ coupling: optimalTransport() }),
    steps: STEPS,
    batchSize: BATCH,
    learningRate: 5e-3,
    schedule: cosine(),
    ema: 0.99,
    callbacks: {
      onEpoch: ({ epoch, steps, train }) => {
        bar?.update(steps, { loss: train.toFixed(4) });
        if (!bar && epoch % 5 === 0) console.log(`step ${String(steps).padStart(4)} | loss ${train.toFixed(4)}`);
      },
    },
  });
  bar?.stop();
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

/** A value that the given share of all values does not exceed. */
function quantile(values: Float64Array, share: number): number {
  return Float64Array.from(values).sort()[Math.floor(share * (values.length - 1))];
}
