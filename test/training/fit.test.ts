import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Adam,
  Affine,
  Chain,
  cosine,
  fit,
  Flow,
  FlowConfigError,
  FlowDataError,
  FlowShapeError,
  Normal,
  Permute,
  ready,
  Sgd,
  type EpochRecord,
  type FitOptions,
  type StepRecord,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

import { affineFlow, ContextShift, gaussianRows, Noisy, smallFlow, weightsOf } from './support.js';

/** Maximum-likelihood shift and log-scale of each column. */
function closedForm(rows: Float32Array): number[] {
  const column = (c: number) => [...rows].filter((_, i) => i % 2 === c);
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const means = [0, 1].map((c) => mean(column(c)));
  const deviations = [0, 1].map((c) => Math.sqrt(mean(column(c).map((x) => (x - means[c]) ** 2))));
  return [...means, ...deviations.map(Math.log)];
}

onEachBackend(test, 'finds the maximum-likelihood mean and scale of Gaussian data', async (t) => {
  const rows = gaussianRows(200);
  const flow = affineFlow();
  const history = await fit(flow, rows, { steps: 400, optimizer: new Adam({ learningRate: 0.1 }), schedule: cosine() });
  const expected = closedForm(rows);
  assertClose(t, weightsOf(flow.bijector), expected, 2e-3);
  // At the optimum the mean negative log-likelihood is the entropy of the fitted normal.
  const entropy = expected[2] + expected[3] + Math.log(2 * Math.PI) + 1;
  t.true(Math.abs(history.epochs.at(-1)!.train - entropy) < 1e-3);
  t.true(history.epochs[0].train > history.epochs.at(-1)!.train + 0.5);
  flow.dispose();
});

onEachBackend(test, 'equal seeds give equal weights, other seeds others', async (t) => {
  const train = async (seed: number | string) => {
    const flow = smallFlow(new Noisy());
    await fit(flow, gaussianRows(100), { epochs: 2, batchSize: 32, seed, learningRate: 0.05 });
    const weights = weightsOf(flow);
    flow.dispose();
    return weights;
  };
  t.deepEqual(await train(7), await train(7));
  t.notDeepEqual(await train(7), await train('other'));
});

onEachBackend(test, 'allocates nothing that stays, over 200 steps', async (t) => {
  const flow = smallFlow(new Noisy());
  const options = { batchSize: 50, validation: 0.2, ema: 0.9, clipNorm: 1, keepBest: true };
  await fit(flow, gaussianRows(250), { ...options, epochs: 1 });
  const before = tf.memory().numTensors;
  const counts = new Set<number>();
  const onStep = ({ step }: StepRecord) => void (step > 8 && counts.add(tf.memory().numTensors));
  await fit(flow, gaussianRows(250), { ...options, epochs: 50, callbacks: { onStep } });
  t.is(tf.memory().numTensors, before);
  t.true(counts.size <= 2, `tensors during training: ${[...counts].join(', ')}`);
  flow.dispose();
});

test.before(async () => {
  await ready({ backend: 'wasm' });
});

test.serial('the last batch of an epoch may be partial, and every row is used once an epoch', async (t) => {
  await ready({ backend: 'cpu' });
  const rows: number[] = [];
  const seen: number[][] = [[], []];
  const flow = affineFlow();
  const data = Float32Array.from({ length: 20 }, (_, i) => i);
  await fit(flow, data, {
    epochs: 2,
    batchSize: 4,
    initialize: false,
    objective: (model, { x }) => {
      const epoch = Math.floor(rows.length / 3);
      rows.push(x.shape[0]);
      seen[epoch].push(...x.dataSync().filter((_, i) => i % 2 === 0));
      return tf.neg(tf.mean(model.logProb(x)));
    },
  });
  t.deepEqual(rows, [4, 4, 2, 4, 4, 2]);
  const evens = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18];
  for (const epoch of seen) t.deepEqual(epoch.toSorted((a, b) => a - b), evens); // prettier-ignore
  t.notDeepEqual(seen[0], seen[1]);
  flow.dispose();
});

test.serial('validation is a mean over rows', async (t) => {
  const flow = smallFlow();
  const held = gaussianRows(37, 'held');
  const history = await fit(flow, gaussianRows(64), { epochs: 1, batchSize: 16, validation: held, keepBest: false });
  const density = tf.tidy(() => flow.logProb(tf.tensor2d(held, [37, 2])).dataSync());
  const mean = -[...density].reduce((a, b) => a + b, 0) / 37;
  t.true(Math.abs(history.epochs[0].validation! - mean) < 1e-5);
  flow.dispose();
});

test.serial('a fraction of the rows can be held out', async (t) => {
  const flow = smallFlow();
  let rows = 0;
  const history = await fit(flow, gaussianRows(50), {
    epochs: 1,
    validation: 0.2,
    callbacks: { onStart: (start) => void (rows = start.rows) },
  });
  t.is(rows, 40);
  t.is(typeof history.epochs[0].validation, 'number');
  flow.dispose();
});

test.serial('early stopping ends the run and the best weights are put back', async (t) => {
  const flow = affineFlow();
  const kept: number[][] = [];
  // Validation rows lie elsewhere: fitting the training rows soon makes them less likely.
  const held = Float32Array.from({ length: 40 }, (_, i) => 0.4 * Math.sin(i));
  const history = await fit(flow, gaussianRows(100), {
    epochs: 100,
    learningRate: 0.05,
    validation: held,
    earlyStopping: { patience: 3 },
    callbacks: { onEpoch: () => void kept.push(weightsOf(flow)) },
  });
  t.is(history.stopped, 'early-stopping');
  t.is(history.epochs.length, history.bestEpoch! + 3);
  const scores = history.epochs.map((epoch) => epoch.validation!);
  t.is(history.bestValidation, Math.min(...scores));
  t.is(scores.indexOf(Math.min(...scores)) + 1, history.bestEpoch!);
  t.deepEqual(weightsOf(flow), kept[history.bestEpoch! - 1]);
  flow.dispose();
});

test.serial('minDelta counts small improvements as none', async (t) => {
  const flow = affineFlow();
  const options = { epochs: 50, learningRate: 1e-4, validation: gaussianRows(20, 'held') };
  const history = await fit(flow, gaussianRows(40), { ...options, earlyStopping: { patience: 2, minDelta: 1 } });
  t.is(history.epochs.length, 3);
  t.is(history.bestEpoch, 3);
  flow.dispose();
});

test.serial('clipping bounds an update', async (t) => {
  const flow = affineFlow();
  const before = weightsOf(flow);
  let norm = 0;
  await fit(flow, gaussianRows(50), {
    steps: 1,
    clipNorm: 0.01,
    optimizer: new Sgd({ learningRate: 1 }),
    callbacks: { onStep: (step) => void (norm = step.gradientNorm) },
  });
  const moved = Math.hypot(...weightsOf(flow).map((weight, i) => weight - before[i]));
  t.true(norm > 0.5);
  assertClose(t, [moved], [0.01], 1e-6);
  flow.dispose();
});

test.serial('averaged weights follow their formula, are validated and installed', async (t) => {
  const flow = affineFlow();
  let average = weightsOf(flow);
  const held = gaussianRows(30, 'held');
  const history = await fit(flow, gaussianRows(60), {
    epochs: 4,
    batchSize: 20,
    learningRate: 0.05,
    ema: 0.8,
    validation: held,
    keepBest: false,
    callbacks: {
      onStep() {
        average = weightsOf(flow).map((weight, i) => 0.8 * average[i] + 0.2 * weight);
      },
    },
  });
  assertClose(t, weightsOf(flow), average, 1e-6);
  const mean = tf.tidy(() => -tf.mean(flow.logProb(tf.tensor2d(held, [30, 2]))).dataSync()[0]);
  assertClose(t, [history.epochs.at(-1)!.validation!], [mean], 1e-5);
  flow.dispose();
});

test.serial('a signal stops the run after the step in progress', async (t) => {
  const controller = new AbortController();
  const flow = affineFlow();
  const history = await fit(flow, gaussianRows(100), {
    epochs: 10,
    batchSize: 10,
    signal: controller.signal,
    callbacks: { onStep: ({ step }) => void (step === 13 && controller.abort()) },
  });
  t.is(history.stopped, 'aborted');
  t.is(history.steps, 13);
  t.is(history.epochs.length, 1);
  const again = await fit(flow, gaussianRows(100), { signal: controller.signal });
  t.is(again.steps, 0);
  flow.dispose();
});

test.serial('an aborted run ends with the best weights so far', async (t) => {
  const controller = new AbortController();
  const flow = affineFlow();
  const kept: number[][] = [];
  const history = await fit(flow, gaussianRows(100), {
    epochs: 10,
    batchSize: 50,
    validation: gaussianRows(20, 'held'),
    signal: controller.signal,
    callbacks: {
      onEpoch: () => void kept.push(weightsOf(flow)),
      onStep: ({ step }) => void (step === 7 && controller.abort()),
    },
  });
  t.deepEqual(weightsOf(flow), kept[history.bestEpoch! - 1]);
  flow.dispose();
});

test.serial('timers run while training', async (t) => {
  const flow = affineFlow();
  const history = await fit(flow, gaussianRows(1000), {
    steps: 1_000_000,
    batchSize: 10,
    signal: AbortSignal.timeout(100),
  });
  t.is(history.stopped, 'aborted');
  flow.dispose();
});

test.serial('callbacks come in order and are awaited', async (t) => {
  const calls: string[] = [];
  const later = async (call: string) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    calls.push(call);
  };
  const epochs: EpochRecord[] = [];
  const flow = affineFlow();
  const history = await fit(flow, gaussianRows(20), {
    epochs: 2,
    batchSize: 10,
    callbacks: {
      onStart: ({ rows, parameters, totalSteps, resumedAt }) =>
        later(`start ${rows} ${parameters} ${totalSteps} ${resumedAt}`),
      onStep: ({ step, epoch, rows }) => later(`step ${step} ${epoch} ${rows}`),
      onEpoch(epoch) {
        epochs.push(epoch);
        return later(`epoch ${epoch.epoch} ${epoch.steps}`);
      },
      onEnd: ({ stopped }) => later(`end ${stopped}`),
    },
  });
  t.deepEqual(calls, [
    'start 20 4 4 0',
    'step 1 1 10',
    'step 2 1 10',
    'epoch 1 2',
    'step 3 2 10',
    'step 4 2 10',
    'epoch 2 4',
    'end epochs',
  ]);
  t.deepEqual(history.epochs, epochs);
  t.true(epochs.every(({ rowsPerSecond }) => rowsPerSecond > 0));
  flow.dispose();
});

test.serial('steps end a run within an epoch, which is still recorded', async (t) => {
  const flow = affineFlow();
  const history = await fit(flow, gaussianRows(40), { steps: 6, batchSize: 10 });
  t.is(history.stopped, 'steps');
  t.deepEqual(history.epochs.map(({ steps }) => steps), [4, 6]); // prettier-ignore
  flow.dispose();
});

test.serial('the schedule multiplies the learning rate', async (t) => {
  const flow = affineFlow();
  const rates: number[] = [];
  await fit(flow, gaussianRows(40), {
    steps: 4,
    learningRate: 0.1,
    schedule: cosine(),
    callbacks: { onStep: ({ learningRate }) => void rates.push(learningRate) },
  });
  assertClose(t, rates, [0.1, 0.05 * (1 + Math.SQRT1_2), 0.05, 0.05 * (1 - Math.SQRT1_2)], 1e-12);
  flow.dispose();
});

test.serial('frozen modules keep their weights, parameters without gradient too', async (t) => {
  const [frozen, trained] = [new Affine({ eventShape: [2] }), new Affine({ eventShape: [2] })];
  frozen.trainable = false;
  const bijector = new Chain({ bijectors: [frozen, new Permute({ permutation: [1, 0] }), trained] });
  const flow = new Flow({ base: Normal.standard([2]), bijector });
  const before = weightsOf(frozen);
  await fit(flow, gaussianRows(40), {
    steps: 3,
    objective: () => tf.sum(tf.square(trained.parameters[0].variable as tf.Tensor)),
  });
  t.deepEqual(weightsOf(frozen), before);
  t.deepEqual([...trained.parameters[1].variable.dataSync()], [0, 0]);
  flow.trainable = false;
  await t.throwsAsync(fit(flow, gaussianRows(40)), {
    instanceOf: FlowConfigError,
    message: /expected a model with trainable parameters/,
  });
  flow.dispose();
});

test.serial('conditional models take a context a row', async (t) => {
  const bijector = new Chain({ bijectors: [new Affine({ eventShape: [2] }), new ContextShift()] });
  const flow = new Flow({ base: Normal.standard([2]), bijector });
  const noise = gaussianRows(100);
  const context = gaussianRows(100, 'context').map((value) => 10 * value);
  const x = noise.map((value, i) => value + context[i]);
  const options: FitOptions = { steps: 300, learningRate: 0.1, schedule: cosine() };
  await fit(flow, { x, context: tf.tensor2d(context, [100, 2]) }, options);
  assertClose(t, weightsOf(flow.bijector), closedForm(noise), 5e-3);
  await t.throwsAsync(fit(flow, x), { instanceOf: FlowShapeError, message: /expected data as { x, context }/ });
  await t.throwsAsync(fit(flow, { x, context: context.slice(2) }), { message: /one context for each of 100 rows/ });
  await t.throwsAsync(fit(affineFlow(), { x, context }), { message: /expected no context, got one/ });
  flow.dispose();
});

test.serial('suspicious data are warned about', async (t) => {
  const rows = gaussianRows(20);
  const repeated = Float32Array.from({ length: 120 }, (_, i) => rows[i % 40]);
  const told: string[] = [];
  const flow = affineFlow();
  const history = await fit(flow, repeated, {
    steps: 1,
    callbacks: { onWarning: (warning) => void told.push(warning) },
  });
  t.regex(told[0], /^fit: 40 of 60 rows of data repeat an earlier row/);
  t.deepEqual(history.warnings, told);
  flow.dispose();
});

const badOptions: [title: string, options: FitOptions, message: RegExp][] = [
  ['a batch larger than the data', { batchSize: 512 }, /^fit.batchSize: expected at most the number of training rows, 30, got 512/], // prettier-ignore
  ['a batch of none', { batchSize: 0 }, /^fit.batchSize: expected a positive whole number, got 0/],
  ['half an epoch', { epochs: 0.5 }, /^fit.epochs: expected a positive whole number, got 0.5/],
  ['epochs and steps', { epochs: 1, steps: 1 }, /^fit: expected `epochs` or `steps`, got both/],
  ['a negative learning rate', { learningRate: -1 }, /^fit.learningRate/],
  ['clipping to nothing', { clipNorm: 0 }, /^fit.clipNorm/],
  ['an average that never moves', { ema: 1 }, /^fit.ema/],
  ['early stopping without validation', { earlyStopping: { patience: 1 } }, /^fit.earlyStopping.*`validation` beside it/], // prettier-ignore
  ['keepBest without validation', { keepBest: true }, /^fit.keepBest/],
  ['no patience', { earlyStopping: { patience: 0 }, validation: 0.5 }, /^fit.earlyStopping.patience/],
  ['a fraction that leaves no rows', { validation: 1 }, /^fit.validation/],
  ['checkpoints every 0 epochs', { checkpoint: { url: 'memory://bad', every: 0 } }, /^fit.checkpoint.every/],
  ['an optimizer of another kind', { optimizer: {} as Adam }, /^fit.optimizer/],
  ['a schedule that is not a number', { schedule: () => NaN }, /^fit.schedule.*NaN at step 0/],
];
for (const [title, options, message] of badOptions) {
  test.serial(`refuses ${title}`, async (t) => {
    const flow = affineFlow();
    const before = tf.memory().numTensors;
    await t.throwsAsync(fit(flow, gaussianRows(30), options), { instanceOf: FlowConfigError, message });
    t.is(tf.memory().numTensors, before);
    flow.dispose();
  });
}

test.serial('refuses an objective that is not a scalar', async (t) => {
  const flow = affineFlow();
  const before = tf.memory().numTensors;
  const objective: FitOptions['objective'] = (model, { x }) => model.logProb(x);
  const error = await t.throwsAsync(fit(flow, gaussianRows(30), { objective }), { instanceOf: FlowShapeError });
  t.regex(error!.message, /expected a scalar.*got shape \[30\]/);
  t.is(tf.memory().numTensors, before);
  flow.dispose();
});

test.serial('a flow onto an interval refuses rows outside', async (t) => {
  class Bounded extends Permute {
    override readonly domainOut = [-Math.PI, Math.PI] as const;
  }
  const bijector = new Chain({ bijectors: [new Affine({ eventShape: [2] }), new Bounded({ permutation: [0, 1] })] });
  const flow = new Flow({ base: Normal.standard([2]), bijector });
  const inside = [[Math.PI, -Math.PI], [1, 2], [0, 1]]; // prettier-ignore
  t.is((await fit(flow, inside, { steps: 1 })).steps, 1);
  const error = await t.throwsAsync(fit(flow, [...inside, [0, 4]]), { instanceOf: FlowDataError });
  t.regex(error!.message, /in \[-3.14\d*, 3.14\d*\], the support of the model, got 4 at row 3, column 1/);
  flow.dispose();
});
