import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream } from '../../src/index.js';
import {
  paddedConvolution,
  paddedConvolutionInverse,
  paddedInverseOp,
} from '../../src/kernels/padded-convolution/op.js';
import { paddedInverseReference } from '../../src/kernels/padded-convolution/reference.js';
import { runFused } from '../../src/kernels/fused/run.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { solveOnBackend } from '../support/padded-on-backend.js';
import { convolveInFloat64, cornerInverse, invertInFloat64, PADDED_PROBLEMS, paddedDifferences, someEntries, type PaddedProblem } from '../support/padded-problem.js'; // prettier-ignore

function name({ shape, size }: PaddedProblem): string {
  return `images ${shape.join('x')}, kernel ${size}`;
}

for (const p of PADDED_PROBLEMS) {
  onEachBackend(test, `convolution, inverse and gradients against float64: ${name(p)}`, async (t) => {
    const { x, again, dy, dKernel, leaked } = await solveOnBackend(p);
    assertClose(t, x, invertInFloat64(p, p.y, p.kernel), 1e-5, 'inverse');
    assertClose(t, again, p.y, 1e-5, 'convolution of the inverse');
    assertClose(t, again, convolveInFloat64(p, x, p.kernel), 1e-5, 'convolution');
    const [pixels, taps] = [someEntries(p.y.length, 9), someEntries(p.kernel.length, 15)];
    assertClose(t, pixels.map((i) => dy[i]), paddedDifferences(p, 'y', pixels), 1e-4, 'dy'); // prettier-ignore
    assertClose(t, taps.map((i) => dKernel[i]), paddedDifferences(p, 'kernel', taps), 1e-4, 'dKernel'); // prettier-ignore
    t.is(leaked, 0);
  });
}

test('log|det| of the map is height width log|det corner|', (t) => {
  const p = PADDED_PROBLEMS[0];
  const [, height, width, channels] = p.shape;
  const one: PaddedProblem = { ...p, shape: [1, height, width, channels] };
  const n = height * width * channels;
  const columns = Array.from({ length: n }, (_, i) => convolveInFloat64(one, unit(n, i), p.kernel));
  const corner = p.kernel.slice(-channels * channels);
  const rows = Array.from({ length: channels }, (_, i) => corner.slice(i * channels, (i + 1) * channels));
  assertClose(t, [logAbsDet(columns.map((c) => [...c]))], [height * width * logAbsDet(rows)], 1e-10);
});

function unit(length: number, place: number): Float64Array {
  return new Float64Array(length).fill(1, place, place + 1);
}

function logAbsDet(matrix: number[][]): number {
  const rows = matrix.map((row) => [...row]);
  let sum = 0;
  for (let k = 0; k < rows.length; k++) {
    const pivot = rows.reduce((best, row, i) => (i >= k && Math.abs(row[k]) > Math.abs(rows[best][k]) ? i : best), k);
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    sum += Math.log(Math.abs(rows[k][k]));
    for (let i = k + 1; i < rows.length; i++) {
      const factor = rows[i][k] / rows[k][k];
      rows[i] = rows[i].map((value, j) => value - factor * rows[k][j]);
    }
  }
  return sum;
}

onEachBackend(test, 'taps at the corner are not read, and have no gradient', (t) => {
  tf.tidy(() => {
    const stream = new RandomStream('corner');
    const [z, taps] = [stream.normalTensor([2, 3, 3, 2]), tf.mul(stream.normalTensor([2, 2, 2, 2]), 0.3)];
    const run = (k: Tensor) => runFused(paddedInverseOp, [z, k], {})[0];
    const corner = tf.pad(tf.ones([1, 1, 2, 2]), [[1, 0], [1, 0], [0, 0], [0, 0]]); // prettier-ignore
    assertClose(t, run(tf.add(taps, corner)), run(taps).dataSync(), 0);
    const gradient = tf.grad((k: Tensor) => tf.sum(tf.square(run(k))))(taps);
    t.deepEqual([...gradient.dataSync().slice(-4)], [0, 0, 0, 0]);
  });
});

onEachBackend(test, 'the iteration ends after as many steps as there are diagonals, and not before', (t) => {
  tf.tidy(() => {
    const stream = new RandomStream('nilpotent');
    const [z, taps] = [stream.normalTensor([1, 4, 5, 2]), stream.normalTensor([2, 2, 2, 2])];
    const exact = runFused(paddedInverseOp, [z, taps], {})[0].dataSync();
    assertClose(t, paddedInverseReference(z, taps), exact, 1e-4);
    const others = tf.mul(taps, tf.tensor4d([1, 1, 1, 0], [2, 2, 1, 1]));
    const iterate = (steps: number) => {
      let x: Tensor = z;
      for (let step = 0; step < steps; step++) x = tf.sub(z, paddedConvolution(x, others));
      return x;
    };
    assertClose(t, iterate(7), exact, 1e-4);
    t.true(tf.max(tf.abs(tf.sub(iterate(6), tf.tensor(exact, z.shape)))).dataSync()[0] > 1e-2);
  });
});

onEachBackend(test, 'second derivatives go through the reference', (t) => {
  // Σ x(y)² is quadratic in y: the gradient of ‖∂/∂y‖² along a direction against a difference.
  const p = PADDED_PROBLEMS[0];
  tf.tidy(() => {
    const channels = p.shape[3];
    const kernel = tf.tensor(p.kernel, [p.size, p.size, channels, channels]);
    const inverse = tf.tensor(cornerInverse(p, p.kernel), [channels, channels]);
    const y = tf.tensor(p.y, p.shape);
    const slope = tf.grad((at: Tensor) => tf.sum(tf.square(paddedConvolutionInverse(at, kernel, inverse))));
    const squares = (at: Tensor) => tf.sum(tf.square(slope(at)));
    const direction = new RandomStream('direction').normalTensor(p.shape);
    const along = tf.sum(tf.mul(tf.grad(squares)(y), direction)).dataSync()[0];
    const at = (h: number) => squares(tf.add(y, tf.mul(direction, h))).dataSync()[0];
    assertClose(t, [along / ((at(0.05) - at(-0.05)) / 0.1)], [1], 2e-3);
  });
});

onEachBackend(test, 'no images at all', (t) => {
  tf.tidy(() => {
    const [kernel, inverse] = [tf.ones([3, 3, 2, 2]), tf.eye(2)];
    const solve = (y: Tensor) => paddedConvolutionInverse(y, kernel, inverse);
    const y = tf.zeros([0, 4, 4, 2]);
    t.deepEqual(paddedConvolution(y, kernel).shape as number[], [0, 4, 4, 2]);
    t.deepEqual(solve(y).shape as number[], [0, 4, 4, 2]);
    t.deepEqual(tf.grad((at: Tensor) => tf.sum(solve(at)))(y).shape as number[], [0, 4, 4, 2]);
  });
});

onEachBackend(test, 'shapes that do not fit are said', (t) => {
  tf.tidy(() => {
    const [y, kernel, inverse] = [tf.zeros([1, 4, 4, 2]), tf.zeros([3, 3, 2, 2]), tf.eye(2)];
    t.throws(() => paddedConvolution(y, tf.zeros([3, 2, 2, 2])), { message: /a kernel of shape \[k, k, c, c\]/ });
    t.throws(() => paddedConvolution(y, tf.zeros([3, 3, 2, 4])), { message: /a kernel of shape \[k, k, c, c\]/ });
    t.throws(() => paddedConvolution(tf.zeros([4, 4, 2]), kernel), { message: /\[batch, height, width, 2\]/ });
    t.throws(() => paddedConvolutionInverse(tf.zeros([1, 4, 4, 3]), kernel, inverse), { message: /width, 2\]/ });
    t.throws(() => paddedConvolutionInverse(y, kernel, tf.eye(3)), { message: /inverse of the corner, \[2, 2\]/ });
  });
});
