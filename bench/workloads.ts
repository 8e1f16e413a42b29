import * as tf from '@tensorflow/tfjs-core';
import { availableParallelism } from 'node:os';
import {
  fit,
  RandomStream,
  ready,
  realNvp,
  splineAutoregressiveFlow,
  splineCouplingFlow,
  twoMoons,
  type Flow,
  type RecipeOptions,
} from 'tfjs-flows';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';
import { summarize, timeRepeatedly, type Timing } from './timing.js';

const BATCH = 512;
/** Batches of training data that are cycled through. */
const BATCHES = 32;

/** The flows whose training, density and sampling are timed. All have 8 bins, tail bound 5 and a standard normal base. */
export const WORKLOADS: Record<string, { readonly title: string; readonly build: () => Flow }> = {
  W1: {
    title: 'spline coupling, 2-D, 5 layers, hidden 2 x 64',
    build: () => splineCouplingFlow({ ...PLAIN, dims: 2, layers: 5, hidden: [64, 64], mixing: 'none' }),
  },
  W2: {
    title: 'spline coupling with LU, 6-D, 5 layers, hidden 2 x 128',
    build: () => splineCouplingFlow({ ...PLAIN, dims: 6, layers: 5, hidden: [128, 128], mixing: 'lu' }),
  },
  W3: {
    title: 'spline coupling with LU, 43-D, 10 layers, hidden 2 x 256',
    build: () => splineCouplingFlow({ ...PLAIN, dims: 43, layers: 10, hidden: [256, 256], mixing: 'lu' }),
  },
  W4: {
    title: 'spline autoregressive, 6-D, 5 layers, hidden 2 x 128',
    build: () => splineAutoregressiveFlow({ ...PLAIN, dims: 6, layers: 5, hidden: [128, 128] }),
  },
  W5: {
    title: 'affine coupling, 6-D, 8 layers, hidden 2 x 128',
    build: () => realNvp({ ...PLAIN, dims: 6, layers: 8, hidden: [128, 128] }),
  },
};

const PLAIN: Pick<RecipeOptions, 'standardize' | 'seed'> = { standardize: false, seed: 0 };

/** How long to time one operation, and to warm it up. */
interface Durations {
  readonly seconds: number;
  readonly warmSeconds: number;
}

/** Times a training step by `fit`, the density of a batch, and a batch of draws. */
export async function benchWorkload(id: string, quick: boolean, threads?: number): Promise<BenchResult> {
  const { title, build } = WORKLOADS[id];
  const { backend } = await ready({ threads });
  using flow = build();
  const [dims] = flow.eventShape;
  const rows = dims === 2 ? twoMoons(BATCH * BATCHES, { seed: 0 }) : synthetic(BATCH * BATCHES, dims);
  const durations = quick ? { seconds: 3, warmSeconds: 1 } : { seconds: 6, warmSeconds: 2 };
  const times = await timeOperations(flow, rows, BATCH, durations);
  const json = {
    lib: 'tfjs-flows',
    workload: id,
    backend,
    threads: threads ?? availableParallelism(),
    batch: BATCH,
    params: flow.parameterCount,
    ...times,
    peak_rss_mb: peakMegabytes(),
    quick,
  };
  const line = (name: string, { median_ms, p10_ms, p90_ms, n }: Timing) =>
    [name, ...[median_ms, p10_ms, p90_ms].map((ms) => ms.toFixed(2)), String(n)]; // prettier-ignore
  const table = formatTable([
    ['ms', 'median', '10 %', '90 %', 'n'],
    line('training step', times.step),
    line('log-prob', times.log_prob),
    line('sample', times.sample),
  ]);
  return {
    json,
    table: `${id}: ${title}; batch ${BATCH}, ${flow.parameterCount} parameters, ${json.threads} threads; peak ${json.training_peak_rss_mb} MB in training, ${json.peak_rss_mb} MB in all\n${table}`,
  };
}

/** Times the three operations that matter for a flow. */
export async function timeOperations(
  flow: Flow,
  rows: Float32Array,
  batch: number,
  durations: Durations,
): Promise<{ step: Timing; log_prob: Timing; sample: Timing; training_peak_rss_mb: number }> {
  const [dims] = flow.eventShape;
  const step = await timeSteps(flow, rows, batch, durations);
  const trainingPeak = peakMegabytes();
  const x = tf.tensor2d(rows.subarray(0, batch * dims), [batch, dims]);
  const logProb = await timeRepeatedly(() => read(() => flow.logProb(x)), durations);
  const stream = new RandomStream('draws');
  const sample = await timeRepeatedly(() => read(() => flow.sample(batch, { seed: stream })), durations);
  x.dispose();
  return { step, log_prob: logProb, sample, training_peak_rss_mb: trainingPeak };
}

/** Mean times of the steps of one epoch of `fit`, so that everything a user waits for is in them. */
async function timeSteps(
  flow: Flow,
  rows: Float32Array,
  batch: number,
  { seconds, warmSeconds }: Durations,
): Promise<Timing> {
  const times: number[] = [];
  const stop = new AbortController();
  const start = performance.now();
  let before = { time: start, steps: 0 };
  await fit(flow, rows, {
    epochs: 1_000_000,
    batchSize: batch,
    signal: stop.signal,
    callbacks: {
      onEpoch: ({ steps }) => {
        const time = performance.now();
        if (before.steps > 0 && before.time - start > 1000 * warmSeconds) {
          times.push((time - before.time) / (steps - before.steps));
        }
        before = { time, steps };
        if (times.length >= 3 && time - start > 1000 * (warmSeconds + seconds)) stop.abort();
      },
    },
  });
  return summarize(times);
}

/** The most memory that this process has held so far. */
function peakMegabytes(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

async function read(compute: () => tf.Tensor): Promise<void> {
  const result = compute();
  await result.data();
  result.dispose();
}

/** Correlated, skew timing data: `xᵢ = zᵢ + ½ tanh(2 zᵢ₋₁)` with `z` standard normal and the index taken modulo `dims`. */
export function synthetic(n: number, dims: number): Float32Array {
  const z = new RandomStream('synthetic').normal(n * dims);
  return z.map((value, i) => value + 0.5 * Math.tanh(2 * z[i % dims === 0 ? i + dims - 1 : i - 1]));
}
