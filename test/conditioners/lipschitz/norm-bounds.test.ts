import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { squaredConvolutionNorm } from '../../../src/conditioners/normalisation/convolution-norm.js';
import { shrinkToBound, squaredNormBound } from '../../../src/conditioners/normalisation/norm-bound.js';
import { RandomStream } from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { singularValues } from '../../support/singular-values.js';

onEachBackend(test, 'the norm of a matrix is bounded from above, and closely', (t) => {
  for (const [rows, columns] of [
    [1, 1],
    [2, 64],
    [40, 8],
    [30, 36],
  ]) {
    // prettier-ignore
    for (const scale of [1e-3, 1, 1e3]) {
      tf.tidy(() => {
        const matrix = tf.mul(new RandomStream(`${rows} x ${columns}`).normalTensor([rows, columns]), scale);
        const largest = singularValues(matrix.arraySync() as number[][])[0];
        const ratio = Math.sqrt(squaredNormBound(matrix).dataSync()[0]) / largest;
        t.true(ratio > 1 - 1e-6 && ratio < 1.02, `${rows} x ${columns} times ${scale}: ${ratio}`);
      });
    }
  }
});

onEachBackend(test, 'however close the singular values are, and for zero', (t) => {
  tf.tidy(() => {
    const of = (diagonal: number[]) => squaredNormBound(tf.diag(tf.tensor1d(diagonal))).dataSync()[0];
    assertClose(t, [of(Array<number>(64).fill(2))], [4 * 64 ** (1 / 65)], 1e-5);
    assertClose(t, [of([3, 1e-20, 0])], [9], 1e-5);
    t.is(of([0, 0, 0]), 0);
    const gradient = tf.grad((w: Tensor) => squaredNormBound(w))(tf.zeros([2, 3]));
    assertClose(t, gradient, [0, 0, 0, 0, 0, 0], 0, 'gradient at zero');
  });
});

/** Central differences of a scalar function in each entry. */
function differences(f: (x: Tensor) => Tensor, x: Tensor, h = 0.01): number[] {
  const values = x.dataSync();
  const at = (i: number, shift: number) =>
    tf.tidy(() => f(tf.tensor(values.map((value, j) => value + (i === j ? shift : 0)), x.shape)).dataSync()[0]); // prettier-ignore
  return Array.from(values, (_, i) => (8 * (at(i, h) - at(i, -h)) - (at(i, 2 * h) - at(i, -2 * h))) / (12 * h));
}

onEachBackend(test, 'gradients are those of the bounds', (t) => {
  tf.tidy(() => {
    const matrix = new RandomStream('gradient').normalTensor([3, 2]);
    assertClose(t, tf.grad((w: Tensor) => squaredNormBound(w))(matrix), differences(squaredNormBound, matrix), 2e-3);
    const filter = new RandomStream('gradient').normalTensor([3, 3, 2, 1]);
    const found = tf.grad((w: Tensor) => squaredConvolutionNorm(w))(filter);
    assertClose(t, found, differences(squaredConvolutionNorm, filter), 5e-3, 'of a convolution');
  });
});

/** Largest singular value of a convolution on images of a size, by power iteration with it and its transpose. */
function normByIteration(filter: tf.Tensor4D, size: number, steps: number): number {
  return tf.tidy(() => {
    let x = new RandomStream('image').normalTensor([1, size, size, filter.shape[2]]) as tf.Tensor4D;
    let norm = 0;
    for (let i = 0; i < steps; i++) {
      x = tf.tidy(() => {
        const y = tf.conv2d(tf.div(x, tf.norm(x)) as tf.Tensor4D, filter, 1, 'same');
        return tf.conv2dTranspose(y, filter, x.shape, 1, 'same');
      });
      norm = Math.sqrt(tf.norm(x).dataSync()[0]);
    }
    return norm;
  });
}

test('that of a convolution bounds the map of images, which the reshaped filter does not', (t) => {
  for (const [size, inputs, outputs] of [
    [3, 2, 3],
    [3, 4, 1],
    [5, 1, 2],
    [1, 3, 5],
  ]) {
    // prettier-ignore
    const filter = new RandomStream(`${size}`).normalTensor([size, size, inputs, outputs]) as tf.Tensor4D;
    const bound = Math.sqrt(squaredConvolutionNorm(filter).dataSync()[0]);
    for (const [image, closest] of [
      [2, 10],
      [8, 1.5],
      [32, 1.12],
    ]) {
      // prettier-ignore
      const norm = normByIteration(filter, image, 100);
      t.true(bound >= norm * (1 - 1e-5) && bound < closest * norm, `${size}, ${image}: ${bound}, not ${norm}`);
    }
  }
  // All ones: the reshaped filter has norm 3, the convolution of a large image nearly 9.
  const ones = tf.ones([3, 3, 1, 1]);
  const bound = Math.sqrt(squaredConvolutionNorm(ones).dataSync()[0]);
  t.true(bound >= 9 && bound < 9 * 1.04, `${bound}`);
});

onEachBackend(test, 'as a bound it shrinks what is larger and leaves the rest alone', (t) => {
  tf.tidy(() => {
    const small = tf.mul(new RandomStream('small').normalTensor([4, 3]), 0.01);
    assertClose(t, shrinkToBound(small, squaredNormBound(small), 0.5), small, 0);
    const large = new RandomStream('large').normalTensor([6, 5]);
    const shrunk = shrinkToBound(large, squaredNormBound(large), 0.5);
    const largest = singularValues(shrunk.arraySync() as number[][])[0];
    t.true(largest <= 0.5 + 1e-6 && largest > 0.49, `${largest}`);
  });
});
