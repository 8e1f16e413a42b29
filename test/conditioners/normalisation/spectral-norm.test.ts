import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { boundSpectralNorm, spectralNorm } from '../../../src/conditioners/normalisation/spectral-norm.js';
import { RandomStream } from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { singularValues } from '../../support/singular-values.js';

test('singular values by rotations', (t) => {
  assertClose(t, singularValues([[3, 0], [4, 5]]), [Math.sqrt(45), Math.sqrt(5)], 1e-12); // prettier-ignore
});

onEachBackend(test, 'it is the largest singular value to 1 %, from below', (t) => {
  const sizes: [number, number][] = [[1, 1], [5, 1], [1, 7], [12, 12], [40, 8], [8, 40], [36, 30]]; // prettier-ignore
  for (const [rows, columns] of sizes) {
    for (const scale of [1e-3, 1, 1e3]) {
      tf.tidy(() => {
        const values = new RandomStream(`${rows} x ${columns}`).normal(rows * columns).map((value) => scale * value);
        const largest = singularValues(Array.from({ length: rows }, (_, i) => values.subarray(i * columns, (i + 1) * columns)))[0]; // prettier-ignore
        const ratio = spectralNorm(tf.tensor2d(values, [rows, columns])).dataSync()[0] / largest;
        t.true(ratio > 0.99 && ratio < 1 + 1e-5, `${rows} x ${columns} times ${scale}: ${ratio}`);
      });
    }
  }
});

onEachBackend(test, 'however close the singular values are', (t) => {
  tf.tidy(() => {
    const of = (diagonal: number[]) => spectralNorm(tf.diag(tf.tensor1d(diagonal))).dataSync()[0];
    assertClose(t, [of(Array<number>(64).fill(2))], [2], 1e-5);
    const close = of(Array.from({ length: 64 }, (_, i) => 1 - i / 5000));
    t.true(close > 0.995 && close <= 1 + 1e-6, `${close}`);
    t.is(of([0, 0, 0]), 0);
  });
});

onEachBackend(test, 'the gradient is the product of the two singular vectors, and zero for zero', (t) => {
  tf.tidy(() => {
    const angle = 0.4;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    // 3 u vᵀ + 1 u′ v′ᵀ, with u = (c, s), v = (1, 0).
    const matrix = tf.tensor2d([3 * c, -s, 3 * s, c], [2, 2]);
    const gradient = tf.grad((w: tf.Tensor) => spectralNorm(w));
    assertClose(t, gradient(matrix), [c, 0, s, 0], 1e-5);
    assertClose(t, gradient(tf.zeros([2, 3])), [0, 0, 0, 0, 0, 0], 0);
  });
});

onEachBackend(test, 'as a bound it shrinks what is larger and leaves the rest alone', (t) => {
  tf.tidy(() => {
    const small = tf.mul(new RandomStream('small').normalTensor([3, 3, 2, 4]), 0.01);
    assertClose(t, boundSpectralNorm(small), small.dataSync(), 0);
    for (const bound of [1, 0.5]) {
      const filter = boundSpectralNorm(new RandomStream('large').normalTensor([3, 3, 2, 4]), bound);
      const rows = tf.reshape(filter, [18, 4]).arraySync() as number[][];
      const largest = singularValues(rows)[0];
      t.true(Math.abs(largest / bound - 1) < 0.01, `${largest}`);
    }
  });
});
