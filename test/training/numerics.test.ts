import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { fit, FlowNumericsError, Invert, ready, Sgd, Affine } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { affineFlow, Brittle, gaussianRows, Noisy, smallFlow, weightsOf } from './support.js';

test.before(async () => {
  await ready({ backend: 'wasm' });
});

onEachBackend(test, 'names the layer, the row and the value, and leaves the weights alone', async (t) => {
  const rows = gaussianRows(40);
  rows[2 * 23] = 999;
  const flow = smallFlow(new Brittle({ spoil: (first) => first === 999 }));
  const before = weightsOf(flow);
  const tensors = tf.memory().numTensors;
  const error = await t.throwsAsync(fit(flow, rows), { instanceOf: FlowNumericsError });
  const { path, row, value, message } = error as FlowNumericsError;
  t.is(path, 'bijector.3');
  t.true(Number.isNaN(value));
  t.regex(message, /^fit: expected a finite loss and gradient at step 1, got NaN in the log-determinant of bijector.3/);
  t.true(message.includes(`(Brittle) at row ${row} of the batch (row 23 of the data)`));
  t.deepEqual(weightsOf(flow), before);
  t.is(tf.memory().numTensors, tensors);
  flow.dispose();
});

test.serial('keeps the steps before a bad batch, running statistics too', async (t) => {
  const train = async (steps: number) => {
    const noisy = new Noisy();
    const flow = smallFlow(noisy);
    const rows = gaussianRows(40);
    const objective = (model: typeof flow, { x }: { x: tf.Tensor }) =>
      tf.mul(tf.neg(tf.mean(model.logProb(x))), noisy.parameters[0].variable.dataSync()[0] > 3 ? NaN : 1);
    const training = fit(flow, rows, { steps, batchSize: 10, objective: objective as never, learningRate: 0.1 });
    if (steps > 3) await t.throwsAsync(training, { instanceOf: FlowNumericsError, message: /at step 4/ });
    else await training;
    const weights = weightsOf(flow);
    flow.dispose();
    return weights;
  };
  // The count of training passes is 3 after three steps and after the fourth has failed.
  t.deepEqual(await train(8), await train(3));
});

test.serial('undoes the update that made the loss infinite', async (t) => {
  const flow = affineFlow();
  const kept: number[][] = [weightsOf(flow)];
  const error = await t.throwsAsync(
    fit(flow, gaussianRows(40), {
      steps: 10,
      optimizer: new Sgd({ learningRate: 1000 }),
      callbacks: { onStep: () => void kept.push(weightsOf(flow)) },
    }),
    { instanceOf: FlowNumericsError },
  );
  t.regex(error!.message, /The last update led there and has been undone/);
  t.deepEqual(weightsOf(flow), kept.at(-2));
  t.true(weightsOf(flow).every(Number.isFinite));
  flow.dispose();
});

test.serial('finds out about an update that ends the run', async (t) => {
  const flow = affineFlow();
  const before = weightsOf(flow);
  const objective = () => tf.mul(tf.sum(flow.bijector.parameters[0].variable as tf.Tensor), 1e18);
  const optimizer = new Sgd({ learningRate: 1e30 });
  const error = await t.throwsAsync(fit(flow, gaussianRows(40), { steps: 1, objective, optimizer }));
  t.regex(error!.message, /expected finite weights, got -Infinity in parameter bijector.shift/);
  t.deepEqual(weightsOf(flow), before);
  flow.dispose();
});

test.serial('names a parameter whose gradient alone is bad', async (t) => {
  const flow = smallFlow(new Invert({ bijector: new Affine({ eventShape: [2] }) }));
  const shift = flow.parameters.find(({ path }) => path === 'bijector.3.bijector.shift')!.variable as tf.Tensor;
  const error = await t.throwsAsync(
    // The square root of zero has an infinite slope.
    fit(flow, gaussianRows(40), { objective: () => tf.sum(tf.sqrt(tf.abs(shift))) }),
    { instanceOf: FlowNumericsError },
  );
  t.is((error as FlowNumericsError).path, 'bijector.3.bijector.shift');
  t.regex(error!.message, /in the gradient of parameter bijector.3.bijector.shift of bijector.3.bijector \(Affine\)/);
  flow.dispose();
});

test.serial('names weights that were bad from the start', async (t) => {
  const flow = affineFlow();
  tf.tidy(() => flow.bijector.parameters[1].variable.assign(tf.tensor1d([0, Infinity])));
  const error = await t.throwsAsync(fit(flow, gaussianRows(40)), { instanceOf: FlowNumericsError });
  t.is((error as FlowNumericsError).path, 'bijector.logScale');
  flow.dispose();
});

test.serial('names the validation row that is beyond the model', async (t) => {
  const flow = smallFlow(new Brittle({ spoil: (first) => first > 100 }));
  const held = gaussianRows(30);
  held[2 * 17] = 1000;
  const tensors = tf.memory().numTensors;
  const error = await t.throwsAsync(fit(flow, gaussianRows(40), { validation: held, batchSize: 10, ema: 0.5 }));
  t.true(error instanceof FlowNumericsError);
  t.regex(
    error!.message,
    /a finite validation loss after epoch 1, got NaN .* row 7 of the batch \(row 17 of the data\)/,
  );
  t.is(tf.memory().numTensors, tensors);
  flow.dispose();
});

test.serial('an error of a layer passes through, and nothing is left behind', async (t) => {
  const flow = affineFlow();
  let calls = 0;
  const objective: Parameters<typeof fit>[2] = {
    epochs: 5,
    objective(model, { x }) {
      const loss = tf.neg(tf.mean(model.logProb(x)));
      if (++calls < 3) return loss;
      throw new FlowNumericsError('Layer.inverse', { expected: 'convergence', got: 'none' });
    },
  };
  const tensors = tf.memory().numTensors;
  await t.throwsAsync(fit(flow, gaussianRows(40), objective), { message: /^Layer.inverse: expected convergence/ });
  t.is(tf.memory().numTensors, tensors);
  flow.dispose();
});
