import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowShapeError } from '../../src/index.js';
import { combination, rowCombination } from '../../src/kernels/runge-kutta-combination/op.js';
import { waves } from '../../src/kernels/fused/waves.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const SHAPE = [5, 3];

/** `y` and some `k`, and their numbers. */
function state(terms: number): { values: number[][]; y: Tensor; ks: Tensor[] } {
  const values = Array.from({ length: 1 + terms }, (_, i) => [...Float32Array.from(waves(15, 1, i))]);
  const [y, ...ks] = values.map((list) => tf.tensor(list, SHAPE));
  return { values, y, ks };
}

const COEFFICIENTS = [0.5, 0, -1.25, 2, 0.1, 0, 0.3, -0.7, 1.5];

onEachBackend(test, 'combinations of any number of terms', (t) => {
  for (let terms = 0; terms <= COEFFICIENTS.length; terms++) {
    tf.tidy(() => {
      const { values, y, ks } = state(terms);
      const coefficients = COEFFICIENTS.slice(0, terms);
      const sums = values[0].map((start, n) =>
        ks.reduce((sum, _, i) => sum + coefficients[i] * values[i + 1][n], start),
      );
      const found = combination(y, ks, coefficients);
      t.deepEqual(found.shape, SHAPE);
      assertClose(t, found, sums, 1e-6, `${terms} terms`);
      const h = [0.1, 0.7, -0.4, 0, 2];
      const byRow = values[0].map((start, n) => start + h[Math.floor(n / 3)] * (sums[n] - start));
      assertClose(t, rowCombination(y, ks, tf.tensor(h, [5, 1]), coefficients), byRow, 1e-6, `${terms} terms, by rows`);
    });
  }
});

onEachBackend(test, 'gradients are the coefficients times that of the sum', (t) => {
  tf.tidy(() => {
    const { y, ks } = state(COEFFICIENTS.length);
    const upstream = tf.tensor(waves(15, 1, 9), SHAPE);
    const taken = COEFFICIENTS.map((_, i) => i).filter((i) => COEFFICIENTS[i] !== 0);
    const gradients = tf.grads((...at: Tensor[]) => {
      const all = [...ks];
      taken.forEach((i, n) => (all[i] = at[n + 1]));
      return combination(at[0], all, COEFFICIENTS);
    })([y, ...taken.map((i) => ks[i])], upstream);
    const numbers = [...upstream.dataSync()];
    [1, ...taken.map((i) => COEFFICIENTS[i])].forEach((coefficient, i) => {
      assertClose(t, gradients[i], numbers.map((value) => coefficient * value), 1e-6, `input ${i}`); // prettier-ignore
    });
  });
});

onEachBackend(test, 'gradients of gradients, and of steps', (t) => {
  tf.tidy(() => {
    const y = tf.tensor([0.3, -0.8, 1.1], [3, 1]);
    // z = y + y² / 2, (z²)″ = (2 z z′)′ = 2 z′² + 2 z z″.
    const f = (x: Tensor) => tf.square(combination(x, [tf.square(x)], [0.5]));
    const second = tf.grad((x) => tf.grad(f)(x))(y);
    const expected = [...y.dataSync()].map((x) => 2 * (1 + x) ** 2 + 2 * (x + x * x / 2)); // prettier-ignore
    assertClose(t, second, expected, 1e-5);
    const h = tf.tensor([0.1, 0.2, 0.3], [3, 1]);
    const k = tf.tensor([2, -3, 4], [3, 1]);
    assertClose(t, tf.grad((steps) => rowCombination(y, [k, k], steps, [0.5, 1]))(h), [3, -4.5, 6], 1e-6);
  });
});

onEachBackend(test, 'without rows, and nothing left behind', (t) => {
  const before = tf.memory().numTensors;
  const { y, ks } = state(7);
  const empty = tf.zeros([0, 3]);
  const step = tf.ones([5, 1]);
  t.deepEqual(
    tf.tidy(() => combination(empty, [empty], [2]).shape),
    [0, 3],
  );
  t.deepEqual(
    tf.tidy(() => rowCombination(empty, [empty], tf.zeros([0, 1]), [2]).shape),
    [0, 3],
  );
  const coefficients = [1, 2, 3, 4, 5, 6, 7];
  tf.dispose([combination(y, ks, coefficients), rowCombination(y, ks, step, coefficients)]);
  tf.dispose([combination(y, [], []), rowCombination(y, [], step, [])]);
  tf.dispose(tf.grad((at) => combination(at, ks, coefficients))(y));
  tf.dispose([y, ...ks, empty, step]);
  t.is(tf.memory().numTensors, before);
});

onEachBackend(test, 'what does not fit is refused', (t) => {
  tf.tidy(() => {
    const { y, ks } = state(2);
    const count = t.throws(() => combination(y, ks, [1]), { instanceOf: FlowShapeError });
    t.is(count.message, 'combination: expected 2 coefficients, got 1. Each k has one.');
    const shape = t.throws(() => combination(y, [ks[0], tf.zeros([3, 5])], [1, 1]), { instanceOf: FlowShapeError });
    t.regex(shape.message, /^combination: expected every k of shape \[5, 3\], as y, got \[3, 5\]\. /);
    const rows = t.throws(() => rowCombination(y, ks, tf.ones([5, 1]), [1]), { instanceOf: FlowShapeError });
    t.regex(rows.message, /^rowCombination: /);
  });
});
