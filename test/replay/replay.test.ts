import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  iaf,
  maf,
  nice,
  RandomStream,
  ready,
  realNvp,
  splineAutoregressiveFlow,
  splineCouplingFlow,
  type Flow,
} from '../../src/index.js';
import { SharedMirror } from '../../src/replay/mirror.js';
import { Replay } from '../../src/replay/replay.js';
import { openWorkshop, setThreads } from '../../src/replay/workshop.js';
import { assertClose } from '../support/close.js';
import { countKernels } from '../support/count-kernels.js';
import { perturb } from '../support/perturb.js';

const RECIPES: Record<string, () => Flow> = {
  'spline coupling': () => splineCouplingFlow({ dims: 3, layers: 2, hidden: [9, 8] }),
  'spline coupling, gelu residual, context': () =>
    splineCouplingFlow({ dims: 3, layers: 2, residual: { width: 8 }, activation: 'gelu', contextShape: [2] }),
  'spline coupling, tanh': () => splineCouplingFlow({ dims: 2, layers: 2, hidden: [7], activation: 'tanh' }),
  'spline autoregressive': () => splineAutoregressiveFlow({ dims: 3, layers: 2, hidden: [9, 8] }),
  'spline autoregressive, context': () =>
    splineAutoregressiveFlow({ dims: 2, layers: 2, hidden: [9], contextShape: [1] }),
  RealNVP: () => realNvp({ dims: 5, layers: 2, hidden: [9] }),
  NICE: () => nice({ dims: 4, layers: 2, hidden: [9] }),
  MAF: () => maf({ dims: 3, layers: 2, hidden: [9] }),
  IAF: () => iaf({ dims: 3, layers: 2, hidden: [9] }),
};

test.before(() => ready({ backend: 'wasm' }));
test.afterEach.always(() => setThreads(null));

function inputsOf(flow: Flow, rows: number): { x: Tensor; context: Tensor | null } {
  const stream = new RandomStream('inputs');
  const width = flow.contextShape?.[0];
  return {
    x: tf.tensor2d(stream.normal(rows * flow.eventShape[0]), [rows, flow.eventShape[0]]),
    context: width === undefined ? null : tf.tensor2d(stream.normal(rows * width), [rows, width]),
  };
}

for (const [title, build] of Object.entries(RECIPES)) {
  test.serial(`${title}: densities and draws from a program are the eager ones, bit for bit`, (t) => {
    const flow = build();
    perturb(flow, 'weights');
    for (const rows of [1, 5, 300]) {
      const { x, context } = inputsOf(flow, rows);
      const evaluate = () => [
        flow.logProb(x, { context }),
        flow.sample(rows, { seed: 'draws', context }),
        ...flow.sampleAndLogProb(rows, { seed: 'pairs', context }),
      ];
      const results = [evaluate(), evaluate(), evaluate()];
      let last: Tensor[] = [];
      const kernels = countKernels(() => (last = evaluate()));
      t.true(kernels <= 12, `no more than the copies of the results, but ${kernels} kernels ran`);
      for (const later of [...results.slice(1), last]) {
        later.forEach((tensor, i) => t.deepEqual(tensor.dataSync(), results[0][i].dataSync()));
      }
      tf.dispose([x, ...results.flat(), ...last]);
      context?.dispose();
    }
    flow.dispose();
  });
}

test.serial('programs follow the weights, and gradients go their own way', (t) => {
  const flow = realNvp({ dims: 2, layers: 2, hidden: [6] });
  const { x } = inputsOf(flow, 40);
  for (let i = 0; i < 4; i++) flow.logProb(x).dispose();
  perturb(flow, 'later');
  const program = flow.logProb(x);
  const [eager] = tf.tidy(() => {
    const { value } = tf.variableGrads(() => tf.sum(flow.logProb(x)) as tf.Scalar);
    return [value.dataSync()];
  });
  t.true(Math.abs(tf.sum(program).dataSync()[0] - eager[0]) < 1e-3);
  const other = realNvp({ dims: 2, layers: 2, hidden: [6] });
  perturb(other, 'later');
  const fresh = other.logProb(x);
  assertClose(t, program, fresh, 0, 'weights assigned after the program was written');
  tf.dispose([x, program, fresh]);
  flow.dispose();
  other.dispose();
});

test.serial('any number of threads gives the same bits', async (t) => {
  const flow = splineCouplingFlow({ dims: 4, layers: 2, hidden: [16] });
  perturb(flow, 'weights');
  const { x } = inputsOf(flow, 1000);
  const found: Float32Array[] = [];
  for (const threads of [1, 2, 3]) {
    setThreads(threads);
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (let i = 0; i < 60; i++) {
      const result = flow.logProb(x);
      found.push(result.dataSync() as Float32Array);
      result.dispose();
    }
  }
  for (const values of found) t.deepEqual(values, found[0]);
  x.dispose();
  flow.dispose();
});

test.serial('memory is given back: sizes beyond those kept, and all of it with the flow', (t) => {
  const { heap } = openWorkshop()!;
  const [before, tensors] = [heap.bytes, tf.memory().numTensors];
  const flow = realNvp({ dims: 2, layers: 2, hidden: [6] });
  const use = (rows: number) => {
    const { x } = inputsOf(flow, rows);
    for (let i = 0; i < 3; i++) flow.logProb(x).dispose();
    x.dispose();
  };
  for (let rows = 1; rows <= 30; rows++) use(rows);
  const kept = heap.bytes;
  for (let rows = 1; rows <= 30; rows++) use(rows);
  t.is(heap.bytes, kept);
  flow.dispose();
  t.is(heap.bytes, before);
  t.is(tf.memory().numTensors, tensors);
});

test.serial('what cannot be repeated runs eagerly: rows that depend on each other, values looked at', (t) => {
  const cases: ((x: Tensor) => Tensor)[] = [
    (x) => tf.sub(x, tf.mean(x, 0, true)),
    (x) => tf.mul(x, x.dataSync()[0]),
    (x) => tf.cumsum(x, 1),
  ];
  for (const compute of cases) {
    const replay = new Replay(([x]) => [compute(x)], new SharedMirror(() => []));
    for (let round = 0; round < 4; round++) {
      const x = tf.tensor2d(new RandomStream(round).normal(600), [300, 2]);
      const [found] = replay.run([x]);
      const expected = compute(x);
      t.deepEqual(found.dataSync(), expected.dataSync());
      tf.dispose([x, found, expected]);
    }
    replay.dispose();
  }
});
