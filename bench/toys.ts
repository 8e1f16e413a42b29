import * as tf from '@tensorflow/tfjs-core';
import { fit, ready, splineCouplingFlow, toys, type ToyName } from 'tfjs-flows';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';

const BATCH = 512;
const HELD_OUT = 10_000;

/**
 * How close a spline flow of fixed size and training comes to what is possible: mean held-out log-density of the model,
 * of the exact density on the same points, and the gap between them, in nats.
 */
export async function benchToys(quick: boolean): Promise<BenchResult> {
  await ready();
  const steps = quick ? 100 : 2000;
  const seeds = quick ? [0] : [0, 1, 2];
  const results = [];
  for (const name of Object.keys(toys) as ToyName[]) {
    const runs: ToyRun[] = [];
    for (const seed of seeds) runs.push(await fitToy(name, seed, steps));
    const mean = (pick: (run: ToyRun) => number) => runs.reduce((sum, run) => sum + pick(run), 0) / runs.length;
    results.push({
      toy: name,
      exact: mean((r) => r.exact),
      model: mean((r) => r.model),
      gap: mean((r) => r.gap),
      runs,
    });
  }
  const nats = (value: number) => value.toFixed(4);
  const table = formatTable([
    ['toy', 'exact', 'model', 'gap'],
    ...results.map(({ toy, exact, model, gap }) => [toy, nats(exact), nats(model), nats(gap)]),
  ]);
  return {
    json: { lib: 'tfjs-flows', bench: 'toys', steps, batch: BATCH, seeds, results },
    table: `Spline coupling flow (5 layers, 2 x 64, 8 bins), ${steps} steps of ${BATCH} fresh points, mean of ${seeds.length} seeds; nats\n${table}`,
  };
}

interface ToyRun {
  readonly seed: number;
  readonly exact: number;
  readonly model: number;
  readonly gap: number;
}

async function fitToy(name: ToyName, seed: number, steps: number): Promise<ToyRun> {
  const toy = toys[name];
  using flow = splineCouplingFlow({ dims: 2, layers: 5, hidden: [64, 64], bins: 8, standardize: false, seed });
  await fit(flow, toy(BATCH * steps, { seed: `train ${seed}` }), { steps, batchSize: BATCH, learningRate: 1e-3, seed });
  const test = toy(HELD_OUT, { seed: `test ${seed}` });
  const average = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;
  const exact = average(toy.logDensity(test));
  const scores = tf.tidy(() => flow.logProb(tf.tensor2d(test, [HELD_OUT, 2])));
  const model = average(await scores.data());
  scores.dispose();
  return { seed, exact, model, gap: exact - model };
}
