import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { logSoftmax, logSumExp } from '../../src/kernels/log-sum-exp/op.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

onEachBackend(test, 'log Σ exp of numbers of any size, and of none', (t) => {
  tf.tidy(() => {
    const x = tf.tensor2d([[0, Math.log(3)], [1000, 1000], [-1000, -Infinity]]); // prettier-ignore
    const expected = [Math.log(4), 1000 + Math.LN2, -1000];
    assertClose(t, logSumExp(x), expected, 1e-6);
    t.deepEqual(logSumExp(x).shape, [3, 1]);
    t.is(logSumExp(tf.tensor2d([[-Infinity, -Infinity]])).dataSync()[0], -Infinity);
    assertClose(t, logSoftmax(tf.tensor2d([[0, -200]])), [0, -200], 1e-6);
  });
});
