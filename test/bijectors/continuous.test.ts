import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  ContinuousBijector,
  ffjord,
  fit,
  Flow,
  FlowConfigError,
  FlowNumericsError,
  LearnedTime,
  loadFlow,
  MLPField,
  negativeLogLikelihood,
  Normal,
  otFlow,
  RandomStream,
  ready,
  regularisedLikelihood,
} from '../../src/index.js';
import { assignParameters } from '../../src/module.js';
import { LinearField, smallFlow } from './continuous-support.js';

test.before(() => ready());

const TIGHT = { rtol: 1e-6, atol: 1e-6 };

test('densities agree with float64 references', (t) => {
  const { cases } = JSON.parse(readFileSync('test/golden/cnf.json', 'utf8')) as { cases: GoldenCase[] };
  for (const { D, hidden, W, b, x, z, logp } of cases) {
    const field = new MLPField({ dims: D, hidden: [hidden, hidden] });
    setWeights(field, W, b, D);
    // The reference has data at time 0 and the base at time 1.
    using flow = new Flow({
      base: Normal.standard([D]),
      bijector: new ContinuousBijector({ field, span: [1, 0], solver: TIGHT }),
    });
    const found = tf.tidy(() => [flow.inverse(tf.tensor2d(x)).dataSync(), flow.logProb(tf.tensor2d(x)).dataSync()]);
    z.flat().forEach((value, i) => t.true(Math.abs(found[0][i] - value) < 2e-5 * (1 + Math.abs(value)), `z ${i}`));
    logp.forEach((value, i) => t.true(Math.abs(found[1][i] - value) < 2e-5 * (1 + Math.abs(value)), `log p ${i}`));
  }
});

interface GoldenCase {
  D: number;
  hidden: number;
  /** Of each layer, outputs by inputs; the last input of the first is the time. */
  W: number[][][];
  b: number[][];
  x: number[][];
  z: number[][];
  logp: number[];
}

function setWeights(field: MLPField, W: number[][][], b: number[][], dims: number): void {
  const layers = ['dense0', 'dense1', 'output'];
  const values = new Map<string, { shape: number[]; values: Float32Array }>();
  const put = (path: string, shape: number[], numbers: number[]) =>
    values.set(path, { shape, values: Float32Array.from(numbers) });
  W.forEach((rows, layer) => {
    const inputs = layer === 0 ? dims : rows[0].length;
    const kernel = Array.from({ length: inputs }, (_, i) => rows.map((row) => row[i])).flat();
    put(`${layers[layer]}.kernel`, [inputs, rows.length], kernel);
    put(`${layers[layer]}.bias`, [rows.length], b[layer]);
    if (layer === 0) put(`${layers[layer]}.time`, [1, rows.length], rows.map((row) => row[dims])); // prettier-ignore
  });
  assignParameters(field, values, 'test');
}

test('a linear field is the exponential of its matrix', (t) => {
  const [a, w] = [0.3, 1.2];
  // exp of [[a, -w], [w, a]] T turns by w T and stretches by exp(a T).
  const field = new LinearField([[a, -w], [w, a]]); // prettier-ignore
  using bijector = new ContinuousBijector({ field, span: [0, 1.5], solver: TIGHT });
  const [value, logDet] = bijector.forwardAndLogDet(tf.tensor2d([[1, 0.5]]));
  const [turn, stretch] = [1.5 * w, Math.exp(1.5 * a)];
  const expected = [Math.cos(turn) - 0.5 * Math.sin(turn), Math.sin(turn) + 0.5 * Math.cos(turn)].map((v) => stretch * v); // prettier-ignore
  value.dataSync().forEach((v, i) => t.true(Math.abs(v - expected[i]) < 1e-5));
  t.true(Math.abs(logDet.dataSync()[0] - 1.5 * 2 * a) < 1e-5);
  tf.dispose([value, logDet]);
});

test('the way there and back is exact to a few tolerances, whichever way time runs', (t) => {
  for (const span of [
    [0, 1],
    [1, 0],
    [-0.5, 0.7],
  ] as const) {
    for (const tolerance of [1e-4, 1e-6]) {
      using flow = smallFlow({ span, solver: { rtol: tolerance, atol: tolerance } });
      const x = new RandomStream('round trip').normalTensor([100, 2]);
      const gap = tf.tidy(() => tf.max(tf.abs(tf.sub(flow.forward(flow.inverse(x)), x))).dataSync()[0]);
      t.true(gap < 10 * tolerance, `${span.join()} at ${tolerance}: ${gap}`);
      x.dispose();
    }
  }
});

test('the density integrates to one', (t) => {
  using flow = smallFlow({ span: [1, 0] });
  const [edge, points] = [9, 181];
  const step = (2 * edge) / (points - 1);
  const grid = Float32Array.from({ length: 2 * points * points }, (_, i) => {
    const cell = i >> 1;
    return -edge + step * (i % 2 === 0 ? cell % points : Math.floor(cell / points));
  });
  const total = tf.tidy(() => tf.sum(tf.exp(flow.logProb(tf.tensor2d(grid, [points * points, 2])))).dataSync()[0]);
  t.true(Math.abs(total * step * step - 1) < 1e-3, String(total * step * step));
});

test('a solve by programs is the solve by tensors, in values and gradients', (t) => {
  for (const gradient of ['checkpointed', 'adjoint'] as const) {
    for (const grouping of ['batch', 'per-row'] as const) {
      const field = new MLPField({ dims: 2, hidden: [16, 16], time: 'concatSquash', contextShape: [3], seed: 8 });
      const bijector = new ContinuousBijector({ field, span: [1, 0], solver: { gradient, grouping, ...TIGHT } });
      using flow = new Flow({ base: Normal.standard([2]), bijector });
      const stream = new RandomStream('programs');
      const [x, context] = [stream.split('x').normalTensor([300, 2]), stream.split('c').normalTensor([300, 3])];
      // Many rows are solved for by programs at once, few rows of a new size by tensors.
      const results = (rows: Tensor, contexts: Tensor) => {
        const loss = () => tf.sum(flow.logProb(rows, { context: contexts }));
        const sources = [rows, contexts, ...(field.trainableVariables as Tensor[])];
        const { value, grads } = tf.engine().gradients(loss, sources, undefined, true);
        return [value, ...grads].map((tensor) => tensor.dataSync().slice());
      };
      const whole = tf.tidy(() => results(x, context));
      const size = 50;
      const parts = Array.from({ length: 6 }, (_, i) =>
        tf.tidy(() => results(tf.slice(x, i * size, size), tf.slice(context, i * size, size))),
      );
      const sums = whole.map((values, source) => {
        if (source === 1 || source === 2) return Float32Array.from(parts.flatMap((part) => Array.from(part[source])));
        return values.map((_, i) => parts.reduce((sum, part) => sum + part[source][i], 0));
      });
      whole.forEach((values, source) => {
        const largest = Math.max(...sums[source].map(Math.abs));
        const gap = Math.max(...values.map((value, i) => Math.abs(value - sums[source][i])));
        t.true(gap < 3e-4 * (1 + largest), `${gradient}, ${grouping}, source ${source}: ${gap} of ${largest}`);
      });
      tf.dispose([x, context]);
    }
  }
});

test('the number of threads changes no bit', async (t) => {
  const bits: Float32Array[] = [];
  for (const threads of [1, 2]) {
    await ready({ threads });
    using flow = smallFlow({ span: [1, 0] });
    const x = new RandomStream('threads').normalTensor([512, 2]);
    bits.push(
      tf
        .tidy(() => tf.grad((y: Tensor) => tf.sum(flow.logProb(y)))(x))
        .dataSync<'float32'>()
        .slice(),
    );
    x.dispose();
  }
  await ready({ threads: 2 });
  t.deepEqual(bits[0], bits[1]);
});

test('rows that step by themselves do not see each other', (t) => {
  using flow = smallFlow({ solver: { grouping: 'per-row' } });
  const rows = new RandomStream('rows').normal(200);
  const together = tf.tidy(() => flow.logProb(tf.tensor2d(rows, [100, 2])).dataSync());
  const others = rows.map((value, i) => (i < 20 ? value : 50 * value));
  const beside = tf.tidy(() => flow.logProb(tf.tensor2d(others, [100, 2])).dataSync());
  t.deepEqual(together.slice(0, 10), beside.slice(0, 10));
});

test('scores can be differentiated: the gradient of a gradient of the log-density', (t) => {
  using flow = smallFlow({ solver: { method: 'rk4', steps: 6 } });
  const x = new RandomStream('scores').normalTensor([4, 2]);
  const squares = (rows: Tensor) => tf.sum(tf.square(tf.grad((y: Tensor) => tf.sum(flow.logProb(y)))(rows)));
  const found = tf.tidy(() => tf.grad(squares)(x)).dataSync();
  const numbers = x.dataSync().slice();
  [0, 3, 6].forEach((at) => {
    const shifted = (by: number) =>
      tf.tidy(() => squares(tf.tensor2d(numbers.map((v, i) => (i === at ? v + by : v)), [4, 2])).dataSync()[0]); // prettier-ignore
    const difference = (shifted(0.01) - shifted(-0.01)) / 0.02;
    t.true(Math.abs(found[at] - difference) < 0.02 * (1 + Math.abs(difference)), `${found[at]} against ${difference}`);
  });
  x.dispose();
});

test('the gradient of a learned time is that of finite differences', (t) => {
  for (const gradient of ['checkpointed', 'adjoint', 'direct'] as const) {
    const loss = (initial: number, take: 'value' | 'gradient') => {
      using flow = smallFlow({ span: [1, 0], learnedTime: new LearnedTime({ initial }), solver: { ...TIGHT, gradient } }); // prettier-ignore
      const x = new RandomStream('time').normalTensor([64, 2]);
      const { learnedTime } = flow.bijector as ContinuousBijector;
      const result = tf.tidy(() => {
        if (take === 'value') return tf.mean(flow.logProb(x)).dataSync()[0];
        const [raw] = learnedTime!.trainableVariables;
        const { grads } = tf.variableGrads(() => tf.mean(flow.logProb(x)), [raw]);
        // T = 0.1 + 1.8 σ(raw)
        const share = (initial - 0.1) / 1.8;
        return grads[raw.name].dataSync()[0] / (1.8 * share * (1 - share));
      });
      x.dispose();
      return result;
    };
    const difference = (loss(0.82, 'value') - loss(0.78, 'value')) / 0.04;
    const found = loss(0.8, 'gradient');
    t.true(Math.abs(found - difference) < 2e-3 * (1 + Math.abs(difference)), `${gradient}: ${found}, ${difference}`);
  }
});

test('a contraction learns how long it takes to the base, and stays within its bounds', async (t) => {
  const deviation = 2;
  const rows = new RandomStream('contraction').normal(4000).map((value) => deviation * value);
  const field = new LinearField([[-1]]);
  field.trainable = false;
  const learnedTime = new LearnedTime({ rate: 20 });
  const bijector = new ContinuousBijector({ field, span: [1, 0], learnedTime });
  using flow = new Flow({ base: Normal.standard([1]), bijector });
  await fit(flow, rows, {
    steps: 150,
    batchSize: 4000,
    learningRate: 5e-3,
    seed: 1,
    callbacks: { onWarning: () => {} },
  });
  const variance = rows.reduce((sum, value) => sum + value * value, 0) / rows.length;
  const [base] = bijector.times();
  t.true(Math.abs(base / Math.log(Math.sqrt(variance)) - 1) < 0.01, String(base));
  const low = new LearnedTime({ initial: 0.2, rate: 1000 });
  low.trainableVariables[0].assign(tf.scalar(-5));
  t.true(low.value().dataSync()[0] >= 0.1 - 1e-6);
});

test('penalties are the integrals that they are said to be', (t) => {
  const a = 0.5;
  using flow = new Flow({
    base: Normal.standard([2]),
    bijector: new ContinuousBijector({ field: new LinearField([[a, 0], [0, a]]), span: [1, 0], solver: TIGHT }), // prettier-ignore
  });
  const x = tf.tensor2d([[1, 2], [0.5, -1]]); // prettier-ignore
  const plain = negativeLogLikelihood(flow, { x, context: null }, new RandomStream(0)).dataSync()[0];
  const with_ = (options: Parameters<typeof regularisedLikelihood>[0]) =>
    regularisedLikelihood(options)(flow, { x, context: null }, new RandomStream(0)).dataSync()[0] - plain;
  // From the data on z = x exp(a t), so |f|² = a² |x|² exp(2 a t).
  const kinetic = (((5 + 1.25) / 2) * a * (Math.exp(2 * a) - 1)) / 2;
  t.true(Math.abs(with_({ kinetic: 1 }) - kinetic) < 1e-4, `${with_({ kinetic: 1 })} instead of ${kinetic}`);
  t.true(Math.abs(with_({ jacobian: 2 }) - 2 * 2 * a * a) < 1e-4);
  t.throws(() => with_({ time: 1 }), { instanceOf: FlowConfigError, message: /learned stopping time/ });
  t.throws(() => with_({ hjb: 1 }), { instanceOf: FlowConfigError, message: /potential/ });
  x.dispose();
});

test('estimates of the divergence serve training; evaluation is exact and says how exact', async (t) => {
  const options = { divergence: { estimator: 'rademacher', probes: 2 } } as const;
  using exact = smallFlow();
  using estimated = smallFlow(options);
  using noisy = smallFlow({ ...options, evaluationDivergence: { estimator: 'gaussian' }, seed: 4 });
  const x = new RandomStream('estimates').normalTensor([200, 2]);
  const [a, b, c] = tf.tidy(() =>
    [exact, estimated, noisy].map((flow) => flow.logProb(x).dataSync<'float32'>().slice()),
  );
  t.deepEqual(a, b);
  t.notDeepEqual(a, c);
  const gap = c.reduce((sum, value, i) => sum + value - a[i], 0) / 200;
  t.true(Math.abs(gap) < 0.3, `estimates are unbiased: ${gap}`);
  const report = (noisy.bijector as ContinuousBijector).report('inverse', x);
  const errors = report.logDetError.dataSync<'float32'>();
  const precise = (exact.bijector as ContinuousBijector).report('inverse', x);
  const largest = Math.max(...precise.logDetError.dataSync());
  t.true(largest < 1e-3, `of an exact divergence: ${largest}`);
  t.true(errors.reduce((sum, value) => sum + value, 0) / 200 > 0.01);
  t.is(report.evaluations, 2 + 6 * (report.steps + report.rejected));
  tf.dispose([x, report.value, report.logDet, report.logDetError, precise.value, precise.logDet, precise.logDetError]);
  const rows = new RandomStream('rows').normal(600);
  const history = await fit(estimated, rows, { epochs: 2, batchSize: 100, validation: 0.2, seed: 1 });
  t.true(history.epochs.every(({ evaluations }) => evaluations!.forward >= 8 && evaluations!.backward >= 6));
});

test('a report of no rows is empty', (t) => {
  using flow = smallFlow();
  const before = tf.memory().numTensors;
  for (const batchShape of [[0], [3, 0]]) {
    const x = tf.zeros([...batchShape, 2]);
    const report = (flow.bijector as ContinuousBijector).report('forward', x);
    t.deepEqual(report.value.shape, [...batchShape, 2]);
    t.deepEqual([report.logDet.shape, report.logDetError.shape], [batchShape, batchShape]);
    t.deepEqual([report.evaluations, report.steps, report.rejected], [0, 0, 0]);
    tf.dispose([x, report.value, report.logDet, report.logDetError]);
  }
  t.is(tf.memory().numTensors, before);
});

test('recipes train, draw, and come back from storage', async (t) => {
  const rows = new RandomStream('recipe').normal(1000).map((value, i) => (i % 2 === 0 ? 3 + value : 0.2 * value));
  const flows = [
    ffjord({ dims: 2, hidden: [16, 16], learnedTime: true, blocks: 2, divergence: { estimator: 'hutch++' } }),
    otFlow({ dims: 2, hidden: 12 }),
  ];
  const objectives = [
    regularisedLikelihood({ kinetic: 0.01, jacobian: 0.01, time: 0.1 }),
    regularisedLikelihood({ kinetic: 0.05, hjb: 0.1 }),
  ];
  for (const [i, flow] of flows.entries()) {
    const history = await fit(flow, rows, { steps: 15, batchSize: 250, learningRate: 1e-2, objective: objectives[i], seed: 2 }); // prettier-ignore
    t.true(history.epochs.at(-1)!.train < history.epochs[0].train, flow.toString());
    await flow.save(`memory://continuous-${i}`);
    using again = await loadFlow(`memory://continuous-${i}`);
    const draws = flow.sample(50, { seed: 5 });
    const [before, after] = tf.tidy(() => [flow, again].map((model) => model.logProb(draws).dataSync().slice()));
    t.deepEqual(before, after);
    draws.dispose();
    flow.dispose();
  }
});

test('what cannot be solved is refused by name', (t) => {
  const field = () => new MLPField({ dims: 2, hidden: [4] });
  const refuse = (options: object, message: RegExp) =>
    t.throws(() => new ContinuousBijector({ field: field(), ...options }), { instanceOf: FlowConfigError, message });
  refuse({ span: [1, 1] }, /ContinuousBijector\.span: expected two different finite times.*got \[1, 1\]/);
  refuse({ solver: { rtol: 0 } }, /ContinuousBijector\.solver\.rtol: expected a number in \(0, 1\), got 0/);
  refuse({ solver: { atol: -1 } }, /solver\.atol/);
  refuse({ solver: { method: 'rk5' } }, /solver\.method: expected one of dopri5/);
  refuse(
    { solver: { method: 'rk4' } },
    /solver\.steps: expected a number of equal steps, as rk4 has no error estimate/,
  );
  refuse({ divergence: { estimator: 'guess' } }, /divergence\.estimator/);
  refuse({ span: [0.5, 1], learnedTime: new LearnedTime() }, /learnedTime: expected a span with one end at 0/);
  t.throws(() => new LearnedTime({ bounds: [1, 0.5] }), {
    instanceOf: FlowConfigError,
    message: /LearnedTime\.bounds/,
  });
  t.throws(() => new LearnedTime({ initial: 3 }), { instanceOf: FlowConfigError, message: /LearnedTime\.initial/ });

  using growing = new Flow({
    base: Normal.standard([1]),
    bijector: new ContinuousBijector({ field: new LinearField([[400]]) }),
  });
  t.throws(() => tf.tidy(() => growing.forward(tf.tensor2d([[1], [2]]))));
  const before = tf.memory().numTensors;
  const x = tf.tensor2d([[1], [2]]);
  const error = t.throws(() => growing.forward(x), { instanceOf: FlowNumericsError });
  t.regex(
    error.message,
    /ContinuousBijector: expected a vector field that is finite along the path, got .* at time 0\.\d+ in row/,
  );
  x.dispose();
  t.is(tf.memory().numTensors, before);
});
