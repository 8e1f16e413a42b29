import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  AdamW,
  fit,
  negativeLogLikelihood,
  RandomStream,
  ready,
  realNvp,
  splineAutoregressiveFlow,
  splineCouplingFlow,
  twoMoons,
  type FitOptions,
  type Flow,
  type Objective,
} from '../../src/index.js';
import { openWorkshop, setThreads } from '../../src/replay/workshop.js';
import { imageFlow } from './image-coupling.js';
import { weightsOf } from './support.js';

test.before(() => ready({ backend: 'wasm' }));
test.afterEach.always(() => setThreads(null));

/** The same, but not declared to be a mean over rows: trained eagerly. */
const eagerly: Objective = (model, batch, stream) => negativeLogLikelihood(model, batch, stream);

const moons = twoMoons(2048, { seed: 'moons' });
const skew = new RandomStream('skew').normal(3 * 1500).map((z, i) => (i % 3 === 0 ? z : z + 0.3 * z * z));

async function lossesOf(flow: Flow, rows: Float32Array, options: FitOptions): Promise<number[]> {
  const losses: number[] = [];
  await fit(flow, rows, { ...options, callbacks: { onStep: ({ loss }) => void losses.push(loss) } });
  return losses;
}

/** The dearest of the steps but the first few, in kernels of TF.js. */
async function kernelsOfLaterSteps(flow: Flow, rows: Float32Array, options: FitOptions): Promise<number> {
  let most = 0;
  const engine = tf.engine();
  const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
  let count = 0;
  const watch = ((...call: Parameters<typeof runKernel>) => (
    count++,
    runKernel.apply(engine, call)
  )) as typeof runKernel;
  await fit(flow, rows, {
    ...options,
    callbacks: {
      onStep({ step }) {
        if (step > 4) most = Math.max(most, count);
        if (step > 3) engine.runKernel = watch;
        count = 0;
      },
    },
  }).finally(() => delete (engine as Partial<typeof engine>).runKernel);
  return most;
}

const images = new RandomStream('images').normal(4 * 6 * 5 * 96);

const CASES: readonly { title: string; build: () => Flow; rows: Float32Array; options?: FitOptions }[] = [
  { title: 'spline coupling', build: () => splineCouplingFlow({ dims: 2, layers: 3, hidden: [16, 16] }), rows: moons },
  {
    title: 'spline coupling with LU, clipped, averaged',
    build: () => splineCouplingFlow({ dims: 3, layers: 2, hidden: [16] }),
    rows: skew,
    options: { clipNorm: 0.5, ema: 0.9, optimizer: new AdamW() },
  },
  { title: 'autoregressive', build: () => splineAutoregressiveFlow({ dims: 3, layers: 2, hidden: [12] }), rows: skew },
  { title: 'convolutions', build: imageFlow, rows: images, options: { batchSize: 48, learningRate: 2e-4 } },
  { title: 'RealNVP', build: () => realNvp({ dims: 2, layers: 4, hidden: [16] }), rows: moons },
];

for (const { title, build, rows, options } of CASES) {
  test.serial(`200 planned steps follow the eager ones, and threads change nothing: ${title}`, async (t) => {
    const common = { steps: 200, batchSize: 512, seed: 'order', ...options };
    const [eager, one, two] = [build(), build(), build()];
    const expected = await lossesOf(eager, rows, { ...common, objective: eagerly });
    setThreads(1);
    const alone = await lossesOf(one, rows, common);
    setThreads(2);
    const together = await lossesOf(two, rows, common);
    t.is(alone.length, 200);
    const worst = Math.max(...expected.map((loss, i) => Math.abs(loss - alone[i]) / Math.max(1, Math.abs(loss))));
    t.true(worst < 1e-4, `losses differ by ${worst}`);
    t.deepEqual(together, alone);
    t.deepEqual(weightsOf(two), weightsOf(one));
    for (const flow of [eager, one, two]) flow.dispose();
  });
}

test.serial('planned steps run no kernel of TF.js but what brings the model up to date', async (t) => {
  for (const [build, rows, batchSize] of [
    [() => realNvp({ dims: 2, layers: 2, hidden: [8] }), moons, 256],
    [imageFlow, images, 32],
  ] as const) {
    const flow = build();
    const variables = flow.trainableVariables.length;
    const planned = await kernelsOfLaterSteps(flow, rows, { steps: 12, batchSize });
    t.true(planned <= 2 * variables, `${planned} kernels for ${variables} variables`);
    const eager = await kernelsOfLaterSteps(flow, rows, { steps: 12, batchSize, objective: eagerly });
    t.true(eager > 4 * variables, `${eager} kernels`);
    flow.dispose();
  }
});

test.serial('what is not as declared is found out, and trained eagerly', async (t) => {
  let temperature = 1;
  const changing: Objective = Object.assign(
    (...[model, batch, stream]: Parameters<Objective>) =>
      tf.mul(negativeLogLikelihood(model, batch, stream), (temperature *= 1.1)),
    { rowwise: true },
  );
  const coupled: Objective = Object.assign(
    (...[model, { x }]: Parameters<Objective>) => tf.neg(tf.mean(model.logProb(tf.sub(x, tf.mean(x, 0, true))))),
    { rowwise: true },
  );
  for (const objective of [changing, coupled]) {
    const build = () => realNvp({ dims: 2, layers: 2, hidden: [8] });
    const [declared, plain] = [build(), build()];
    const options = { steps: 10, batchSize: 512 };
    const kernels = await kernelsOfLaterSteps(declared, moons, { ...options, objective });
    t.true(kernels > 4 * declared.trainableVariables.length, 'eager');
    if (objective === coupled) {
      const expected = await lossesOf(plain, moons, { ...options, objective: (...call) => coupled(...call) });
      const other = build();
      const losses = await lossesOf(other, moons, { ...options, objective });
      losses.slice(3).forEach((loss, i) => t.true(Math.abs(loss - expected[i + 3]) < 1e-2));
      other.dispose();
    }
    declared.dispose();
    plain.dispose();
  }
});

test.serial('dropout and foreign optimizers train eagerly', async (t) => {
  const flow = splineCouplingFlow({ dims: 2, layers: 2, hidden: [8], dropout: 0.1 });
  const losses = await lossesOf(flow, moons, { steps: 20, batchSize: 256 });
  t.true(losses.every(Number.isFinite));
  flow.dispose();
});

test.serial('10,000 planned steps leave nothing behind', async (t) => {
  const flow = realNvp({ dims: 2, layers: 1, hidden: [4] });
  const { heap } = openWorkshop()!;
  const [tensors, bytes] = [tf.memory().numTensors, heap.bytes];
  let early = 0;
  let pages = 0;
  await fit(flow, moons.subarray(0, 256), {
    steps: 10_000,
    batchSize: 32,
    callbacks: {
      onEpoch({ epoch }) {
        if (epoch !== 20 && epoch < 1250) return;
        const now = tf.memory().numTensors;
        if (epoch === 20) [early, pages] = [now, heap.memory.buffer.byteLength];
        else t.deepEqual([now, heap.memory.buffer.byteLength], [early, pages]);
      },
    },
  });
  t.is(tf.memory().numTensors, tensors);
  t.is(heap.bytes, bytes);
  flow.dispose();
});
