import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { MLP } from '../../src/index.js';
import { logSoftmax } from '../../src/kernels/log-sum-exp/op.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

type Map1d = (x: Tensor) => Tensor;

/** Derivatives of order 0 to 3 at `points`. */
function derivatives(f: Map1d, points: number[]): number[][] {
  const tower = [f];
  for (let order = 1; order <= 3; order++) tower.push(tf.grad(tower[order - 1]));
  return tf.tidy(() => tower.map((g) => [...g(tf.tensor1d(points)).dataSync()]));
}

const sigma = (x: number) => 1 / (1 + Math.exp(-x));

const TABLE: readonly [string, Map1d, (x: number) => number[]][] = [
  ['exp', tf.exp, (x) => [Math.exp(x), Math.exp(x), Math.exp(x), Math.exp(x)]],
  [
    'tanh',
    tf.tanh,
    (x) => {
      const y = Math.tanh(x);
      const d = 1 - y * y;
      return [y, d, -2 * y * d, (6 * y * y - 2) * d];
    },
  ],
  [
    'sigmoid',
    tf.sigmoid,
    (x) => {
      const y = sigma(x);
      const d = y * (1 - y);
      return [y, d, d * (1 - 2 * y), d * (1 - 6 * y + 6 * y * y)];
    },
  ],
  [
    'the first of softmax (x, 0)',
    (x) => tf.slice(tf.softmax(tf.stack([x, tf.zerosLike(x)], 1)), [0, 0], [-1, 1]),
    (x) => {
      const y = sigma(x);
      const d = y * (1 - y);
      return [y, d, d * (1 - 2 * y), d * (1 - 6 * y + 6 * y * y)];
    },
  ],
  [
    'the first of log softmax (x, 0)',
    (x) => tf.slice(logSoftmax(tf.stack([x, tf.zerosLike(x)], 1)), [0, 0], [-1, 1]),
    (x) => {
      const y = sigma(x);
      const d = y * (1 - y);
      return [Math.log(y), 1 - y, -d, -d * (1 - 2 * y)];
    },
  ],
];

onEachBackend(test, 'first, second and third derivatives are those of the formula', (t) => {
  const points = [-2.5, -0.3, 0, 0.4, 1.7];
  for (const [name, f, expected] of TABLE) {
    derivatives(f, points).forEach((values, order) => {
      assertClose(t, values, points.map((x) => expected(x)[order]), 3e-6, `${name}, order ${order}`); // prettier-ignore
    });
  }
});

onEachBackend(test, 'the weights of a network see a loss on its input gradient', (t) => {
  const net = new MLP({ inputs: 2, outputs: 1, hidden: [6], activation: 'tanh' });
  const x = tf.tensor2d([[0.3, -0.8], [1.1, 0.4]]); // prettier-ignore
  const loss = () => tf.tidy(() => tf.sum<tf.Scalar>(tf.square(tf.grad((input) => tf.sum(net.apply(input)))(x))));
  const { grads } = tf.variableGrads(loss, net.trainableVariables);
  const { variable: kernel } = net.parameters[0];
  const [start, step] = [kernel.dataSync().slice(), 1e-2];
  const at = (entry: number, change: number) => {
    const values = start.slice();
    values[entry] += change;
    return tf.tidy(() => {
      kernel.assign(tf.tensor(values, kernel.shape));
      return loss().dataSync()[0];
    });
  };
  const expected = [...start].map((_, entry) => (at(entry, step) - at(entry, -step)) / (2 * step));
  assertClose(t, grads[kernel.name], expected, 2e-4);
  net.dispose();
});

onEachBackend(test, 'first derivatives leak nothing', (t) => {
  const x = tf.tensor1d([0.5, 1]);
  const before = tf.memory().numTensors;
  for (const [, f] of TABLE) derivatives(f, [0.5]);
  tf.dispose(tf.grad((input) => tf.exp(tf.tanh(input)))(x));
  t.is(tf.memory().numTensors, before);
  x.dispose();
});
