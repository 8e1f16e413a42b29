import * as tf from '@tensorflow/tfjs-core';
import { availableParallelism } from 'node:os';
import {
  ActNorm,
  Chain,
  Conv1x1,
  ConvNet,
  ElementwiseAffine,
  ffjord,
  fit,
  Flow,
  Normal,
  RandomStream,
  ready,
  realNvp,
  splineAutoregressiveFlow,
  SpatialCoupling,
  splineCouplingFlow,
  twoMoons,
  type Evaluations,
  type GradientMethod,
  type RecipeOptions,
} from 'tfjs-flows';
import { sizeOf } from '../src/shapes.js';
import { continuousBlock, evaluationsOf } from './evaluations.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';
import { median, summarize, timeRepeatedly, type Timing } from './timing.js';

const BATCH = 512;
/** Batches of training data that are cycled through. */
const BATCHES = 32;
/** The same for continuous flows: an epoch, over which steps are averaged, is to be over before the paths get longer. */
const CONTINUOUS_BATCHES = 8;

/** A flow whose training, density and sampling are timed. */
export interface Workload {
  readonly title: string;
  readonly build: () => Flow;
  /** Default: 512. */
  readonly batch?: number;
  /** Batches of an epoch. Default: 32, for continuous flows 8. */
  readonly batches?: number;
  /** Default: two moons, or skew rows in more dimensions. */
  readonly data?: (count: number, eventSize: number) => Float32Array;
}

/** Splines have 8 bins and tail bound 5, all flows a standard normal base. */
export const WORKLOADS: Record<string, Workload> = {
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
  W6: {
    title: 'continuous, 2-D, hidden 3 x 64, gradients through the steps',
    build: () => continuous('checkpointed'),
  },
  'W6-adjoint': {
    title: 'continuous, 2-D, hidden 3 x 64, gradients by the adjoint',
    build: () => continuous('adjoint'),
  },
  W7: {
    title: 'Glow steps on 16 x 16 x 12, 8 x (actnorm, 1x1 convolution, affine coupling by 3x3 - 1x1 - 3x3, hidden 64)',
    build: () => glowSteps([16, 16, 12], 8, 64),
    batch: 16,
    batches: 8,
    data: (count, eventSize) => new RandomStream('pixels').uniform(count * eventSize, -0.5, 0.5),
  },
};

/** One level of Glow without its squeeze. */
function glowSteps(eventShape: [number, number, number], steps: number, hidden: number): Flow {
  const bijectors = Array.from({ length: steps }, (_, i) => [
    new SpatialCoupling({
      eventShape,
      transform: new ElementwiseAffine(),
      conditioner: (request) => new ConvNet({ ...request, hidden: [hidden, hidden], seed: `coupling ${i}` }),
    }),
    new Conv1x1({ eventShape, seed: `mixing ${i}` }),
    new ActNorm({ eventShape }),
  ]).flat();
  return new Flow({ base: Normal.standard(eventShape), bijector: new Chain({ bijectors }) });
}

/** Exact divergence, `dopri5`, time as one more input of the network, tanh. */
function continuous(gradient: GradientMethod): Flow {
  const solver = { method: 'dopri5', rtol: 1e-5, atol: 1e-5, gradient } as const;
  return ffjord({ ...PLAIN, dims: 2, hidden: [64, 64, 64], time: 'concat', span: [1, 0], solver });
}

const PLAIN: Pick<RecipeOptions, 'standardize' | 'seed'> = { standardize: false, seed: 0 };

/** How long to time one operation, and to warm it up. */
interface Durations {
  readonly seconds: number;
  readonly warmSeconds: number;
}

/** Times a training step by `fit`, the density of a batch, and a batch of draws. */
export async function benchWorkload(id: string, quick: boolean, threads?: number): Promise<BenchResult> {
  const { title, build, batch = BATCH, batches, data = toyRows } = WORKLOADS[id];
  const { backend } = await ready({ threads });
  using flow = build();
  const count = batch * (batches ?? (continuousBlock(flow) ? CONTINUOUS_BATCHES : BATCHES));
  const rows = data(count, sizeOf(flow.eventShape));
  const durations = quick ? { seconds: 3, warmSeconds: 1 } : { seconds: 6, warmSeconds: 2 };
  const times = await timeOperations(flow, rows, batch, durations);
  const json = {
    lib: 'tfjs-flows',
    workload: id,
    backend,
    threads: threads ?? availableParallelism(),
    batch,
    params: flow.parameterCount,
    ...times,
    peak_rss_mb: peakMegabytes(),
    quick,
  };
  const counted = times.step.nfe !== undefined;
  const line = (name: string, { median_ms, p10_ms, p90_ms, n, nfe }: Counted) => [
    name,
    ...[median_ms, p10_ms, p90_ms].map((ms) => ms.toFixed(2)),
    String(n),
    ...(nfe ? [Object.values(nfe).map(Math.round).join(' + ')] : []),
  ];
  const table = formatTable([
    ['ms', 'median', '10 %', '90 %', 'n', ...(counted ? ['evaluations'] : [])],
    line('training step', times.step),
    line('log-prob', times.log_prob),
    line('sample', times.sample),
  ]);
  return {
    json,
    table: `${id}: ${title}; batch ${batch}, ${flow.parameterCount} parameters, ${json.threads} threads; peak ${json.training_peak_rss_mb} MB in training, ${json.peak_rss_mb} MB in all\n${table}`,
  };
}

/** A time, with the evaluations of the field that a continuous flow took in it. */
export interface Counted extends Timing {
  /** `fwd` and `bwd` of a training step, or the one number of a batch of densities or draws under its name. */
  readonly nfe?: Readonly<Record<string, number>>;
}

/** Times the three operations that matter for a flow. */
export async function timeOperations(
  flow: Flow,
  rows: Float32Array,
  batch: number,
  durations: Durations,
): Promise<{ step: Counted; log_prob: Counted; sample: Counted; training_peak_rss_mb: number }> {
  const { eventShape } = flow;
  const step = await timeSteps(flow, rows, batch, durations);
  const trainingPeak = peakMegabytes();
  const x = tf.tensor(rows.subarray(0, batch * sizeOf(eventShape)), [batch, ...eventShape]);
  const logProb = await timeRepeatedly(() => read(() => flow.logProb(x)), durations);
  const stream = new RandomStream('draws');
  const sample = await timeRepeatedly(() => read(() => flow.sample(batch, { seed: stream })), durations);
  const block = continuousBlock(flow);
  const z = flow.base.sample(batch, { seed: stream });
  const nfe = block && { log_prob: evaluationsOf(block, 'inverse', x), sample: evaluationsOf(block, 'forward', z) };
  tf.dispose([x, z]);
  return {
    step,
    log_prob: nfe ? { ...logProb, nfe: { log_prob: nfe.log_prob } } : logProb,
    sample: nfe ? { ...sample, nfe: { sample: nfe.sample } } : sample,
    training_peak_rss_mb: trainingPeak,
  };
}

/** Mean times of the steps of one epoch of `fit`, so that everything a user waits for is in them. */
async function timeSteps(
  flow: Flow,
  rows: Float32Array,
  batch: number,
  { seconds, warmSeconds }: Durations,
): Promise<Counted> {
  const times: number[] = [];
  const counts: Evaluations[] = [];
  const stop = new AbortController();
  const start = performance.now();
  let before = { time: start, steps: 0 };
  await fit(flow, rows, {
    epochs: 1_000_000,
    batchSize: batch,
    signal: stop.signal,
    callbacks: {
      onEpoch: ({ steps, evaluations }) => {
        const time = performance.now();
        if (before.steps > 0 && before.time - start > 1000 * warmSeconds) {
          times.push((time - before.time) / (steps - before.steps));
          if (evaluations) counts.push(evaluations);
        }
        before = { time, steps };
        if (times.length >= 3 && time - start > 1000 * (warmSeconds + seconds)) stop.abort();
      },
    },
  });
  const timing = summarize(times);
  if (counts.length === 0) return timing;
  const nfe = {
    fwd: median(counts.map(({ forward }) => forward)),
    bwd: median(counts.map(({ backward }) => backward)),
  };
  return { ...timing, nfe };
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

/** Two moons, or {@link synthetic} rows. */
function toyRows(count: number, dims: number): Float32Array {
  return dims === 2 ? twoMoons(count, { seed: 0 }) : synthetic(count, dims);
}

/** Correlated, skew timing data: `xᵢ = zᵢ + ½ tanh(2 zᵢ₋₁)` with `z` standard normal and the index taken modulo `dims`. */
export function synthetic(n: number, dims: number): Float32Array {
  const z = new RandomStream('synthetic').normal(n * dims);
  return z.map((value, i) => value + 0.5 * Math.tanh(2 * z[i % dims === 0 ? i + dims - 1 : i - 1]));
}
