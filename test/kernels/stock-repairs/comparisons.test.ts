import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { onEachBackend } from '../../support/backends.js';

const VALUES = [-2, -0.5, 0, 0.5, 2];

/** `3x` where the condition holds, else `x²`: its slope is that of the branch taken. */
const CONDITIONS: Record<string, (x: Tensor) => Tensor> = {
  equal: (x) => tf.equal(x, 0),
  notEqual: (x) => tf.notEqual(0, x),
  less: (x) => tf.less(x, 0.1),
  lessEqual: (x) => tf.lessEqual(x, tf.square(x)),
  greater: (x) => tf.greater(0.1, x),
  greaterEqual: (x) => tf.greaterEqual(x, 0),
  'greater than a row': (x) => tf.greater(tf.expandDims(x, 0), tf.tensor2d([[0], [1]])),
  logicalAnd: (x) => tf.logicalAnd(tf.less(x, 1), tf.greater(x, -1)),
  logicalOr: (x) => tf.logicalOr(tf.less(x, -1), tf.greater(x, 1)),
  logicalXor: (x) => tf.logicalXor(tf.less(x, 1), tf.greater(x, -1)),
  logicalNot: (x) => tf.logicalNot(tf.less(x, 0)),
  isNaN: (x) => tf.isNaN(x),
  isInf: (x) => tf.isInf(x),
  isFinite: (x) => tf.isFinite(x),
};

onEachBackend(test, 'what a comparison decides on is differentiated, the comparison itself as a constant', (t) => {
  for (const [name, condition] of Object.entries(CONDITIONS)) {
    tf.tidy(() => {
      const x = tf.tensor1d(VALUES);
      const branches = (at: Tensor) => tf.sum(tf.where(condition(at), tf.mul(at, 3), tf.square(at)));
      const holds = condition(x);
      const taken = holds.dataSync();
      const slopes = VALUES.map((value, i) => {
        let sum = 0;
        for (let k = i; k < taken.length; k += VALUES.length) sum += taken[k] ? 3 : 2 * value;
        return sum;
      });
      t.deepEqual([...tf.grad(branches)(x).dataSync()], slopes, name);
      const asNumber = (at: Tensor) => tf.sum(tf.mul(at, tf.cast(condition(at), 'float32')));
      const counts = VALUES.map((_, i) => {
        let count = 0;
        for (let k = i; k < taken.length; k += VALUES.length) count += taken[k];
        return count;
      });
      t.deepEqual([...tf.grad(asNumber)(x).dataSync()], counts, `${name} as a number`);
      const second = tf.grad((at: Tensor) => tf.sum(tf.square(tf.grad(branches)(at))));
      t.true(second(x).dataSync().every(Number.isFinite), `${name}, second derivative`);
    });
  }
});
