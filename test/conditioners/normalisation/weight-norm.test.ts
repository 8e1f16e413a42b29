import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { weightNorm } from '../../../src/conditioners/normalisation/weight-norm.js';
import { RandomStream } from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';

onEachBackend(test, 'weights of each output have the length given, in the direction given', (t) => {
  tf.tidy(() => {
    const direction = tf.tensor2d([3, 1, 4, 2], [2, 2]);
    assertClose(t, weightNorm(direction, tf.tensor1d([10, -5])), [6, -Math.sqrt(5), 8, -2 * Math.sqrt(5)], 1e-6);
    const filter = new RandomStream('filter').normalTensor([3, 3, 4, 5]);
    const gain = [0.5, 1, 0, 2, -3];
    const squares = tf.sum(tf.square(weightNorm(filter, tf.tensor1d(gain))), [0, 1, 2]);
    assertClose(t, squares, gain.map((g) => g * g), 1e-5); // prettier-ignore
  });
});

onEachBackend(
  test,
  'gradients are those of Salimans and Kingma, and that of the direction is orthogonal to it',
  (t) => {
    tf.tidy(() => {
      const stream = new RandomStream('gradients');
      const [v, dw] = ['v', 'dw'].map((name) => stream.split(name).normalTensor([6, 3]));
      const g = tf.tensor1d([0.7, -1.2, 2]);
      const [dv, dg] = tf.grads((a, b) => tf.sum(tf.mul(weightNorm(a, b), dw)))([v, g]);
      const length = tf.sqrt(tf.sum(tf.square(v), 0));
      const along = tf.div(tf.sum(tf.mul(dw, v), 0), length);
      assertClose(t, dg, along.dataSync(), 1e-5, 'gain');
      const expected = tf.mul(tf.div(g, length), tf.sub(dw, tf.div(tf.mul(along, v), length)));
      assertClose(t, dv, expected.dataSync(), 1e-5, 'direction');
      assertClose(t, tf.sum(tf.mul(dv, v), 0), [0, 0, 0], 1e-5, 'orthogonality');
    });
  },
);

onEachBackend(test, 'a vector of zeros stays zero and has finite gradients', (t) => {
  tf.tidy(() => {
    const v = tf.tensor2d([0, 1, 0, 2], [2, 2]);
    const g = tf.tensor1d([3, 3]);
    t.deepEqual([...weightNorm(v, g).dataSync()].filter((_, i) => i % 2 === 0), [0, 0]); // prettier-ignore
    const [dv, dg] = tf.grads((a, b) => tf.sum(weightNorm(a, b)))([v, g]);
    t.true([...dv.dataSync(), ...dg.dataSync()].every(Number.isFinite));
  });
});
