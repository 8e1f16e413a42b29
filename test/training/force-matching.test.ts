import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import type { Flow } from '../../src/index.js';
import {
  Adam,
  Energy,
  fit,
  FlowConfigError,
  FlowEnergy,
  FlowShapeError,
  forceMatching,
  negativeLogLikelihood,
  Normal,
  RandomStream,
  ready,
  type Config,
  type ForceMatchingOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { gaussianRows, MEAN, SCALE, smallFlow } from './support.js';

const stream = new RandomStream('force matching');

/** `½ Σ ((x - mean) / scale)²`, with forces `(mean - x) / scale²`. */
class Harmonic extends Energy {
  static override readonly className = 'Harmonic';
  override readonly eventShape = [2];

  protected override evaluate(x: Tensor): Tensor {
    const unit = tf.div(tf.sub(x, MEAN), SCALE);
    return tf.mul(tf.sum(tf.square(unit), 1), 0.5);
  }

  override getConfig(): Config {
    return {};
  }
}

onEachBackend(test, 'the loss is the weighted mean of its terms', (t) => {
  using flow = smallFlow();
  using energy = new Harmonic();
  tf.tidy(() => {
    const x = tf.tensor2d(gaussianRows(6), [6, 2]);
    const batch = { x, context: null, targets: energy.force(x) };
    const [likelihood] = negativeLogLikelihood(flow, batch, stream).dataSync();
    const model = new FlowEnergy({ flow }).force(x);
    const [error] = tf.mean(tf.square(tf.sub(model, batch.targets))).dataSync();
    const [draws, logProb] = flow.rsampleAndLogProb(6, { seed: stream.split('draws') });
    const [reverse] = tf.mean(tf.add(logProb, energy.energy(draws))).dataSync();
    const loss = (options: ForceMatchingOptions) => forceMatching(options)(flow, batch, stream);
    assertClose(t, loss({}), [(likelihood + error) / 2], 1e-5, 'equal weights');
    assertClose(t, loss({ likelihood: 3, forces: 1 }), [(3 * likelihood + error) / 4], 1e-5, 'other weights');
    assertClose(t, loss({ likelihood: 0, forces: 2 }), [error], 1e-5, 'forces alone');
    const all = loss({ likelihood: 2, forces: 1, reverse: 1, energy });
    assertClose(t, all, [(2 * likelihood + error + reverse) / 4], 1e-5, 'with draws');
    t.is(all.rank, 0);
  });
});

onEachBackend(test, 'its gradient is that of the difference quotient', (t) => {
  using flow = smallFlow();
  using energy = new Harmonic();
  tf.tidy(() => {
    const x = tf.tensor2d(gaussianRows(5), [5, 2]);
    const batch = { x, context: null, targets: energy.force(x) };
    const objective = forceMatching({ likelihood: 1, forces: 2, reverse: 1, energy });
    const variables = flow.trainableVariables;
    const loss = () => objective(flow, batch, stream).asScalar();
    const { grads } = tf.variableGrads(loss, variables);
    for (const variable of variables) {
      const values = variable.dataSync<'float32'>().slice();
      const moved = (by: number) => {
        variable.assign(tf.tensor(values.with(0, values[0] + by), variable.shape));
        return loss().dataSync()[0];
      };
      const slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
      moved(0);
      assertClose(t, [grads[variable.name].dataSync()[0]], [slope], 5e-3, variable.name);
    }
  });
});

test.serial('forces alone find a density, up to what they cannot see', async (t) => {
  await ready({ backend: 'wasm' });
  using flow = smallFlow();
  using energy = new Harmonic();
  const x = tf.tensor2d(gaussianRows(200), [200, 2]);
  const targets = energy.force(x);
  const before = tf.memory().numTensors;
  const options = { optimizer: new Adam({ learningRate: 0.03 }), epochs: 150, batchSize: 100, seed: 1 };
  const history = await fit(flow, { x, targets }, { ...options, objective: forceMatching({ likelihood: 0 }) });
  t.is(tf.memory().numTensors, before);
  t.true(history.epochs.at(-1)!.train < 1e-3, `${history.epochs.at(-1)!.train}`);
  const normal = new Normal({ loc: MEAN, scale: SCALE });
  assertClose(t, flow.logProb(x), normal.logProb(x), 0.05);
  tf.dispose([x, targets]);
});

test.serial('forces are asked for, and refused where nobody wants them', async (t) => {
  await ready({ backend: 'cpu' });
  using flow = smallFlow();
  const rows = gaussianRows(8);
  await t.throwsAsync(() => fit(flow, rows, { objective: forceMatching(), epochs: 1 }), {
    instanceOf: FlowShapeError,
    message: /^fit: expected data as { x, targets }, targets of shape \[2\], got no targets/,
  });
  await t.throwsAsync(() => fit(flow, { x: rows, targets: rows }, { epochs: 1 }), {
    instanceOf: FlowShapeError,
    message: /^fit: expected no targets, got some/,
  });
});

test('impossible options are refused', (t) => {
  const energy = new Harmonic();
  const table: readonly [ForceMatchingOptions, RegExp][] = [
    [{ forces: -1 }, /^forceMatching.forces: expected zero or a positive number, got -1/],
    [{ likelihood: NaN }, /^forceMatching.likelihood: .* got NaN/],
    [{ likelihood: 0, forces: 0 }, /^forceMatching: expected a weight above zero, got none/],
    [{ reverse: 1 }, /^forceMatching.energy: expected an Energy, the target of `reverse`, got none/],
    [{ energy }, /^forceMatching.energy: expected none, as `reverse` has no weight, got Harmonic/],
  ];
  for (const [options, message] of table) t.throws(() => forceMatching(options), { instanceOf: FlowConfigError, message }); // prettier-ignore
});

test.serial('draws need a flow, and an energy of its events', async (t) => {
  await ready({ backend: 'cpu' });
  const objective = forceMatching({ reverse: 1, energy: new Harmonic() });
  const run = (model: Flow | Normal, x: Tensor) => tf.tidy(() => objective(model, { x, context: null, targets: x }, stream)); // prettier-ignore
  t.throws(() => run(Normal.standard([2]), tf.zeros([3, 2])), {
    instanceOf: FlowConfigError,
    message: /^forceMatching.reverse: expected a flow with reparameterised draws, got a Normal/,
  });
  using flow = smallFlow();
  using other = new (class extends Harmonic {
    override readonly eventShape = [3];
  })();
  const wrong = forceMatching({ reverse: 1, energy: other });
  t.throws(() => wrong(flow, { x: tf.zeros([3, 2]), context: null, targets: tf.zeros([3, 2]) }, stream), {
    instanceOf: FlowConfigError,
    message: /^forceMatching.energy: expected an energy of events of shape \[2\], as the flow draws, got \[3\]/,
  });
});
