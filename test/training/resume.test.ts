import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import test, { type ExecutionContext } from 'ava';
import { AdamW, cosine, fit, FlowConfigError, FlowShapeError, ready, type FitOptions, type History } from '../../src/index.js'; // prettier-ignore
import { onEachBackend } from '../support/backends.js';
import { affineFlow, gaussianRows, Noisy, smallFlow, weightsOf } from './support.js';

test.before(async () => {
  await ready({ backend: 'wasm' });
});

/** Everything with a state of its own is switched on: 12 steps, 4 an epoch, the last batch of each partial. */
function options(): FitOptions {
  return {
    epochs: 3,
    batchSize: 10,
    seed: 'resume',
    optimizer: new AdamW({ learningRate: 0.05 }),
    schedule: cosine(),
    clipNorm: 1,
    ema: 0.7,
    validation: 0.3,
    earlyStopping: { patience: 3 },
  };
}

const ROWS = gaussianRows(50);

class Killed extends Error {}

/** Trains until the end or until the process is "killed" after a step, without a chance to save. */
async function train(extra: FitOptions, killAfter = Infinity): Promise<{ weights: number[]; history: History | null }> {
  const flow = smallFlow(new Noisy());
  const before = tf.memory().numTensors;
  const onStep = ({ step }: { step: number }) => {
    if (step === killAfter) throw new Killed();
  };
  try {
    const history = await fit(flow, ROWS, { ...options(), ...extra, callbacks: { ...extra.callbacks, onStep } });
    return { weights: weightsOf(flow), history };
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return { weights: [], history: null };
  } finally {
    if (tf.memory().numTensors !== before) throw new Error(`${tf.memory().numTensors - before} tensors leaked`);
    flow.dispose();
  }
}

/** A history without the speed, which no two runs share. */
function comparable(history: History | null) {
  return { ...history!, epochs: history!.epochs.map((epoch) => ({ ...epoch, rowsPerSecond: 0 })) };
}

async function assertSame(t: ExecutionContext, url: string, extra: FitOptions = {}) {
  const through = await train(extra);
  const resumed = await train({ ...extra, checkpoint: { url } });
  t.deepEqual(resumed.weights, through.weights);
  t.deepEqual(comparable(resumed.history), comparable(through.history));
}

onEachBackend(test, 'a run killed after any step and resumed ends with the same weights', async (t, backend) => {
  for (const step of [1, 4, 7, 12]) {
    const url = `memory://killed-${backend}-${step}`;
    await train({ checkpoint: { url, every: { steps: 2 } } }, step);
    await assertSame(t, url);
  }
});

test.serial('killed again and again, with a checkpoint an epoch', async (t) => {
  const url = 'memory://killed-often';
  for (const step of [3, 5, 6, 9, 11]) await train({ checkpoint: { url } }, step);
  await assertSame(t, url);
});

test.serial('planned steps that nobody watches are saved as far as they have come', async (t) => {
  const common: FitOptions = { batchSize: 10, seed: 'unwatched' };
  const through = smallFlow();
  await fit(through, ROWS, { ...common, epochs: 3 });
  const resumed = smallFlow();
  for (const epochs of [1, 3])
    await fit(resumed, ROWS, { ...common, epochs, checkpoint: { url: 'memory://unwatched' } });
  t.deepEqual(weightsOf(resumed), weightsOf(through));
  for (const flow of [through, resumed]) flow.dispose();
});

test.serial('aborted runs save where they stand', async (t) => {
  for (const step of [2, 4, 9, 12]) {
    const url = `memory://aborted-${step}`;
    const flow = smallFlow(new Noisy());
    const controller = new AbortController();
    const history = await fit(flow, ROWS, {
      ...options(),
      signal: controller.signal,
      checkpoint: { url, every: 100 },
      callbacks: { onStep: (record) => void (record.step === step && controller.abort()) },
    });
    t.is(history.stopped, 'aborted');
    flow.dispose();
    let resumedAt = 0;
    await train(
      { checkpoint: { url }, callbacks: { onStart: (start) => void (resumedAt = start.resumedAt) } },
      step + 1,
    );
    t.is(resumedAt, step);
    await assertSame(t, url);
  }
});

test.serial('checkpoints in a folder', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'flows-'));
  const url = `file://${join(folder, 'run')}`;
  await train({ checkpoint: { url, every: { steps: 3 } } }, 5);
  await assertSame(t, url);
  t.true((await readdir(folder)).length > 0);
  await rm(folder, { recursive: true });
});

test.serial('a finished run is not trained again, but can be taken further', async (t) => {
  const url = 'memory://further';
  const constant: FitOptions = { schedule: undefined, earlyStopping: undefined };
  const first = await train({ ...constant, checkpoint: { url } });
  const again = await train({ ...constant, checkpoint: { url } }, 1);
  t.deepEqual(again, first);
  await assertSame(t, url, { ...constant, epochs: 5 });
});

test.serial('a run of steps that ended within an epoch can be taken further', async (t) => {
  const url = 'memory://steps';
  const counted: FitOptions = { schedule: undefined, earlyStopping: undefined, epochs: undefined };
  const first = await train({ ...counted, steps: 6, checkpoint: { url } });
  t.is(first.history!.epochs.length, 2);
  const again = await train({ ...counted, steps: 6, checkpoint: { url } });
  t.deepEqual(again.weights, first.weights);
  t.deepEqual(comparable(again.history), comparable(first.history));
  let resumedAt = 0;
  const onStart = (start: { resumedAt: number }) => void (resumedAt = start.resumedAt);
  await train({ ...counted, steps: 11, checkpoint: { url }, callbacks: { onStart } }, 7);
  t.is(resumedAt, 6);
  await assertSame(t, url, { ...counted, steps: 11 });
});

test.serial('resume: false starts over', async (t) => {
  const url = 'memory://over';
  await train({ checkpoint: { url } }, 9);
  let resumedAt = -1;
  const callbacks = { onStart: (start: { resumedAt: number }) => void (resumedAt = start.resumedAt) };
  await train({ checkpoint: { url, resume: false }, callbacks });
  t.is(resumedAt, 0);
});

const differences: [option: string, extra: FitOptions][] = [
  ['seed', { seed: 'another' }],
  ['batchSize', { batchSize: 20 }],
  ['optimizer', { optimizer: new AdamW({ learningRate: 0.05, beta1: 0.5 }) }],
  ['learningRate', { learningRate: 0.1 }],
  ['schedule', { schedule: undefined }],
  ['clipNorm', { clipNorm: undefined }],
  ['ema', { ema: 0.8 }],
  ['earlyStopping', { earlyStopping: undefined }],
  ['validation', { validation: gaussianRows(5) }],
  ['keepBest', { keepBest: false }],
  ['objective', { objective: (model, { x }) => tf.neg(tf.mean(model.logProb(x))) }],
];
for (const [option, extra] of differences) {
  test.serial(`refuses to go on with another ${option}`, async (t) => {
    const url = `memory://differs-${option}`;
    await train({ checkpoint: { url, every: { steps: 1 } } }, 2);
    const error = await t.throwsAsync(train({ ...extra, checkpoint: { url } }), { instanceOf: FlowConfigError });
    t.regex(error!.message, new RegExp(`^fit.checkpoint: expected (${option}|data) as in the run saved at ${url}`));
  });
}

test.serial('refuses to go on with other data or another model', async (t) => {
  const url = 'memory://other';
  await train({ checkpoint: { url, every: { steps: 1 } } }, 2);
  const changed = ROWS.slice();
  changed[11] += 0.5;
  const flow = smallFlow(new Noisy());
  await t.throwsAsync(fit(flow, changed, { ...options(), checkpoint: { url } }), {
    instanceOf: FlowConfigError,
    message: /expected data as in the run saved at/,
  });
  const other = affineFlow();
  const before = weightsOf(other);
  await t.throwsAsync(fit(other, ROWS, { ...options(), checkpoint: { url } }), { instanceOf: FlowShapeError });
  t.deepEqual(weightsOf(other), before);
  flow.dispose();
  other.dispose();
});
