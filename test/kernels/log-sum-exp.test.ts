import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { logMatMulExp, logSoftmax, logSumExp } from '../../src/kernels/log-sum-exp/op.js';
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

onEachBackend(test, 'log Σ exp of nothing but zeros has gradient zero, and leaves other rows alone', (t) => {
  tf.tidy(() => {
    const x = tf.tensor2d([[0, 0], [-Infinity, 3], [-Infinity, -Infinity], [-1000, -1001]]); // prettier-ignore
    const share = 1 / (1 + Math.exp(-1));
    const sum = (v: tf.Tensor) => tf.sum(logSumExp(v));
    assertClose(t, tf.grad(sum)(x), [0.5, 0.5, 0, 1, 0, 0, share, 1 - share], 1e-6);
  });
});

onEachBackend(test, 'log-matrix-products keep what exponentials would lose, and are differentiated twice', (t) => {
  tf.tidy(() => {
    const a = tf.tensor2d([[-200, -201], [300, 299]]); // prettier-ignore
    const b = tf.tensor2d([[-90, 5], [-91, 6]]); // prettier-ignore
    const l = Math.log1p(Math.exp(-2));
    assertClose(t, logMatMulExp(a, b), [-290 + l, -195 + Math.LN2, 210 + l, 305 + Math.LN2], 1e-6);
    const small = tf.tensor2d([[0.3, -0.2], [1, 0.4]]); // prettier-ignore
    const plain = (v: tf.Tensor) => tf.sum(tf.square(tf.log(tf.matMul(tf.exp(v), tf.exp(small)))));
    const stable = (v: tf.Tensor) => tf.sum(tf.square(logMatMulExp(v, small)));
    const twice = (f: (v: tf.Tensor) => tf.Tensor) =>
      tf.grad((v: tf.Tensor) => tf.sum(tf.square(tf.grad(f)(v))))(small);
    assertClose(t, twice(stable), twice(plain), 1e-5);
  });
});
