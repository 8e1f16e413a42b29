import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream } from '../../src/index.js';
import { cholesky } from '../../src/numerics/cholesky.js';
import { invertLower } from '../../src/numerics/invert-lower.js';
import { solveLower } from '../../src/numerics/solve-lower.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const stream = new RandomStream('triangular');

function randomFactor(n: number): number[][] {
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i === j ? 0.5 + stream.next() : j < i ? stream.nextNormal() : 0)),
  );
}

const multiply = (a: number[][], b: number[][]) =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
const transpose = (a: number[][]) => a[0].map((_, j) => a.map((row) => row[j]));

for (const n of [1, 2, 5, 20]) {
  test(`cholesky finds the factor again, invertLower inverts it, n = ${n}`, (t) => {
    const factor = randomFactor(n);
    const found = cholesky(multiply(factor, transpose(factor)))!;
    assertClose(t, found.flat(), factor.flat(), n === 20 ? 1e-3 : 1e-9);
    const identity = factor.map((_, i) => factor.map((_, j) => (i === j ? 1 : 0)));
    const inverse = invertLower(factor);
    const size = Math.max(...inverse.flat().map(Math.abs));
    assertClose(t, multiply(factor, inverse).flat(), identity.flat(), 1e-13 * Math.max(1, size));
  });
}

test('cholesky refuses what is not positive definite', (t) => {
  for (const matrix of [[[0]], [[-1]], [[1, 2], [2, 1]], [[1, 1], [1, 1]], [[NaN]]]) t.is(cholesky(matrix), null); // prettier-ignore
  t.deepEqual(cholesky([[4, 2], [2, 5]]), [[2, 0], [1, 2]]); // prettier-ignore
});

onEachBackend(
  test,
  'solveLower solves, reads nothing above the diagonal, and has the gradients of the inverse',
  (t) => {
    tf.tidy(() => {
      const factor = randomFactor(4);
      const solution = stream.normalTensor([3, 4]);
      const lower = tf.tensor2d(factor);
      const rows = tf.matMul(solution as tf.Tensor2D, tf.transpose(lower));
      const full = tf.add(lower, tf.tensor2d(factor.map((row, i) => row.map((_, j) => (j > i ? 7 : 0)))));
      assertClose(t, solveLower(full, rows), solution, 1e-5);

      const upstream = stream.normalTensor([3, 4]);
      const [byFactor, byRows] = tf.grads((l, b) => tf.sum(tf.mul(solveLower(l, b), upstream)))([full, rows]);
      const back = tf.matMul(upstream as tf.Tensor2D, tf.tensor2d(invertLower(factor)));
      assertClose(t, byRows, back, 1e-4);
      const dense = tf.neg(tf.matMul(back, solution as tf.Tensor2D, true));
      const mask = tf.tensor2d(factor.map((row, i) => row.map((_, j) => (j <= i ? 1 : 0))));
      assertClose(t, byFactor, tf.mul(dense, mask), 1e-4);
    });
  },
);
