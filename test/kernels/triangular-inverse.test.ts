import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream } from '../../src/index.js';
import { packStrictTriangle, strictTriangleSize, unpackStrictTriangle } from '../../src/kernels/strict-triangle/op.js';
import { unitTriangularInverse, type Triangle } from '../../src/kernels/triangular-inverse/op.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const TRIANGLES: readonly Triangle[] = ['lower', 'upper'];

onEachBackend(test, 'a strict triangle is filled row by row', (t) => {
  tf.tidy(() => {
    const packed = tf.tensor1d([1, 2, 3]);
    t.deepEqual([...unpackStrictTriangle(packed, 3, 'lower').dataSync()], [0, 0, 0, 1, 0, 0, 2, 3, 0]);
    t.deepEqual([...unpackStrictTriangle(packed, 3, 'upper').dataSync()], [0, 1, 2, 0, 0, 3, 0, 0, 0]);
    for (const triangle of TRIANGLES) {
      t.deepEqual(
        [...packStrictTriangle(unpackStrictTriangle(packed, 3, triangle), 3, triangle).dataSync()],
        [1, 2, 3],
      );
    }
  });
});

onEachBackend(test, 'the inverse times the matrix is the identity, for every size', (t) => {
  for (const triangle of TRIANGLES) {
    for (const n of [1, 2, 3, 5, 8, 13, 33]) {
      tf.tidy(() => {
        const packed = new RandomStream(`${triangle} ${n}`).normalTensor([strictTriangleSize(n)]);
        const strict = unpackStrictTriangle(tf.mul(packed, 0.4), n, triangle);
        const inverse = unitTriangularInverse(strict, triangle);
        const product = tf.matMul(tf.add(strict, tf.eye(n)), inverse);
        assertClose(t, product, tf.eye(n).dataSync(), 2e-5, `${triangle} ${n}`);
      });
    }
  }
});

onEachBackend(test, 'entries that grow are found as substitution finds them, without cancellation', (t) => {
  // (I + N)⁻¹ with -2 everywhere below the diagonal: entry (i, j) is 2 · 3^(i - j - 1), exact in float32 here.
  const n = 12;
  const full = Array.from({ length: strictTriangleSize(n) }, () => -2);
  const expected = Array.from({ length: n * n }, (_, k) => {
    const below = Math.floor(k / n) - (k % n);
    return below > 0 ? 2 * 3 ** (below - 1) : below === 0 ? 1 : 0;
  });
  tf.tidy(() => {
    const inverse = unitTriangularInverse(unpackStrictTriangle(tf.tensor1d(full), n, 'lower'), 'lower');
    t.deepEqual([...inverse.dataSync()], expected);
  });
});

onEachBackend(test, 'gradients of first and second order', (t) => {
  const n = 3;
  const at = [0.3, -0.8, 0.5];
  // For a lower triangle [a, b, c] the corner of the inverse is ac - b.
  const corner = (packed: tf.Tensor) => {
    const inverse = unitTriangularInverse(unpackStrictTriangle(packed, n, 'lower'), 'lower');
    return tf.sum(tf.slice(inverse, [2, 0], [1, 1]));
  };
  tf.tidy(() => {
    assertClose(t, tf.grad(corner)(tf.tensor1d(at)), [at[2], -1, at[0]], 1e-6);
    const squared = (packed: tf.Tensor) => tf.sum(tf.square(tf.grad(corner)(packed)));
    assertClose(t, tf.grad(squared)(tf.tensor1d(at)), [2 * at[0], 0, 2 * at[2]], 1e-6);
  });
});
