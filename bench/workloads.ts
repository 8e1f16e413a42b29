import * as tf from '@tensorflow/tfjs-core';
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

/** Times a training step by `fit`, the density of a batch, and a batch of draws. */
export async function benchWorkload(id: string, quick: boolean): Promise<BenchResult> {
  const { title, build } = WORKLOADS[id];
  const { backend } = await ready();
  const seconds = quick ? 3 : 6;
  const warmSeconds = quick ? 1 : 2;
  using flow = build();
  const [dims] = flow.eventShape;
  const rows = dims === 2 ? twoMoons(BATCH * BATCHES, { seed: 0 }) : synthetic(BATCH * BATCHES, dims);

  const step = await timeSteps(flow, rows, warmSeconds, seconds);
  const x = tf.tensor2d(rows.subarray(0, BATCH * dims), [BATCH, dims]);
  const logProb = await timeRepeatedly(() => read(() => flow.logProb(x)), { warmSeconds, seconds });
  const stream = new RandomStream('draws');
  const sample = await timeRepeatedly(() => read(() => flow.sample(BATCH, { seed: stream })), { warmSeconds, seconds });
  x.dispose();

  const json = {
    lib: 'tfjs-flows',
    workload: id,
    backend,
    threads: 1,
    batch: BATCH,
    params: flow.parameterCount,
    step,
    log_prob: logProb,
    sample,
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    quick,
  };
  const line = (name: string, { median_ms, p10_ms, p90_ms, n }: Timing) =>
    [name, ...[median_ms, p10_ms, p90_ms].map((ms) => ms.toFixed(2)), String(n)]; // prettier-ignore
  const table = formatTable([
    ['ms', 'median', '10 %', '90 %', 'n'],
    line('training step', step),
    line('log-prob', logProb),
    line('sample', sample),
  ]);
  return {
    json,
    table: `${id}: ${title}; batch ${BATCH}, ${flow.parameterCount} parameters, peak ${json.peak_rss_mb} MB\n${table}`,
  };
}

/** Times between the ends of successive steps of `fit`, so that everything a user waits for is in them. */
async function timeSteps(flow: Flow, rows: Float32Array, warmSeconds: number, seconds: number): Promise<Timing> {
  const times: number[] = [];
  const stop = new AbortController();
  const start = performance.now();
  let before = start;
  await fit(flow, rows, {
    steps: 5000,
    batchSize: BATCH,
    signal: stop.signal,
    callbacks: {
      onStep: ({ step }) => {
        const now = performance.now();
        if (step > 3 && now - start > 1000 * warmSeconds) times.push(now - before);
        before = now;
        if (times.length >= 10 && now - start > 1000 * (warmSeconds + seconds)) stop.abort();
      },
    },
  });
  return summarize(times);
}

async function read(compute: () => tf.Tensor): Promise<void> {
  const result = compute();
  await result.data();
  result.dispose();
}

/** Correlated, skew timing data: `xᵢ = zᵢ + ½ tanh(2 zᵢ₋₁)` with `z` standard normal and the index taken modulo `dims`. */
function synthetic(n: number, dims: number): Float32Array {
  const z = new RandomStream('synthetic').normal(n * dims);
  return z.map((value, i) => value + 0.5 * Math.tanh(2 * z[i % dims === 0 ? i + dims - 1 : i - 1]));
}
