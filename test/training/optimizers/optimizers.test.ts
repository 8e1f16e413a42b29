import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { Adam, AdamW, FlowConfigError, RandomStream, Sgd, type Optimizer } from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';

/** AdamW in double precision, one scalar at a time. */
class PlainAdamW {
  #mean: number[] = [];
  #square: number[] = [];

  step(weights: number[], gradient: ArrayLike<number>, t: number): number[] {
    const [rate, beta1, beta2, epsilon, decay] = [0.02, 0.8, 0.95, 1e-8, 0.1];
    return weights.map((weight, i) => {
      this.#mean[i] = beta1 * (this.#mean[i] ?? 0) + (1 - beta1) * gradient[i];
      this.#square[i] = beta2 * (this.#square[i] ?? 0) + (1 - beta2) * gradient[i] ** 2;
      const mean = this.#mean[i] / (1 - beta1 ** t);
      const square = this.#square[i] / (1 - beta2 ** t);
      return weight - rate * (mean / (Math.sqrt(square) + epsilon) + decay * weight);
    });
  }
}

/** Weights after each of `steps` steps along gradients that stay the same from run to run. */
function follow(optimizer: Optimizer, steps: number, from: number[] = [1, -2, 0.5]): number[][] {
  const stream = new RandomStream('gradients');
  const path: number[][] = [];
  let weights = tf.tensor1d(from);
  for (let step = 1; step <= steps; step++) {
    const gradient = tf.tensor1d(stream.normal(from.length));
    const next = optimizer.update(weights, gradient, step);
    tf.dispose([weights, gradient]);
    weights = next;
    path.push([...weights.dataSync()]);
  }
  weights.dispose();
  return path;
}

onEachBackend(test, 'AdamW follows its formula in double precision over 20 steps', (t) => {
  const options = { learningRate: 0.02, beta1: 0.8, beta2: 0.95, weightDecay: 0.1 };
  const path = follow(new AdamW(options), 20);
  const plain = new PlainAdamW();
  const stream = new RandomStream('gradients');
  let weights = [1, -2, 0.5];
  for (let step = 1; step <= 20; step++) {
    weights = plain.step(weights, stream.normal(3), step);
    assertClose(t, path[step - 1], weights, 2e-6, `step ${step}`);
  }
  t.deepEqual(follow(new Adam(options), 20), path);
});

onEachBackend(test, 'the first Adam step is as long as the learning rate, even for tiny gradients', (t) => {
  const optimizer = new Adam({ learningRate: 0.5 });
  const weights = optimizer.update(tf.tensor1d([0, 0]), tf.tensor1d([1e-5, -3]), 1);
  assertClose(t, weights, [-0.5 / (1 + 1e-3), 0.5], 1e-5);
  optimizer.reset();
});

onEachBackend(test, 'Sgd follows its formula', (t) => {
  const optimizer = new Sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.5 });
  const stream = new RandomStream('gradients');
  let weights = [1, -2, 0.5];
  const velocity = [0, 0, 0];
  for (const actual of follow(optimizer, 5)) {
    const gradient = stream.normal(3);
    weights = weights.map((weight, i) => {
      velocity[i] = 0.9 * velocity[i] + gradient[i];
      return weight - 0.1 * (velocity[i] + 0.5 * weight);
    });
    assertClose(t, actual, weights, 1e-6);
  }
  assertClose(t, follow(new Sgd({ learningRate: 0.1 }), 1)[0], [1, -2, 0.5].map((w, i) => w - 0.1 * new RandomStream('gradients').normal(3)[i]), 1e-6); // prettier-ignore
});

test.serial('state goes out and comes back', (t) => {
  for (const make of [() => new Adam(), () => new AdamW(), () => new Sgd({ momentum: 0.5 }), () => new Sgd()]) {
    const before = tf.memory().numTensors;
    const [first, second] = [make(), make()];
    follow(first, 3);
    second.restore(new Map([...first.state].map(([name, tensor]) => [name, tensor.dataSync() as Float32Array])));
    t.deepEqual(follow(second, 4, [3, 4, 5]), follow(first, 4, [3, 4, 5]));
    first.reset();
    second.reset();
    t.is(first.state.size, 0);
    t.is(tf.memory().numTensors, before);
  }
  t.throws(() => new Adam().restore(new Map([['mean', new Float32Array(1)]])), {
    instanceOf: FlowConfigError,
    message: /expected a state vector "meanSquare"/,
  });
});

test('options come back from getConfig', (t) => {
  const { className, ...adam } = { className: new AdamW().className, ...new AdamW().getConfig() };
  t.is(className, 'AdamW');
  t.deepEqual(adam, { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 });
  t.deepEqual(new Sgd({ momentum: 0.5 }).getConfig(), { learningRate: 0.01, momentum: 0.5, weightDecay: 0 });
});

const bad: [name: string, build: () => Optimizer][] = [
  ['Adam.learningRate', () => new Adam({ learningRate: 0 })],
  ['Adam.beta1', () => new Adam({ beta1: 1 })],
  ['Adam.beta2', () => new Adam({ beta2: -0.1 })],
  ['Adam.epsilon', () => new Adam({ epsilon: NaN })],
  ['AdamW.weightDecay', () => new AdamW({ weightDecay: -1 })],
  ['Sgd.learningRate', () => new Sgd({ learningRate: Infinity })],
  ['Sgd.momentum', () => new Sgd({ momentum: 1 })],
  ['Sgd.weightDecay', () => new Sgd({ weightDecay: -1 })],
];
for (const [name, build] of bad) {
  test(`refuses a bad ${name}`, (t) => {
    t.throws(build, { instanceOf: FlowConfigError, message: new RegExp(`^${name}: expected`) });
  });
}
