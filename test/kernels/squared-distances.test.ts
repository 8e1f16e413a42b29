import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream } from '../../src/index.js';
import { squaredDistances, squaredDistancesOp } from '../../src/kernels/squared-distances/op.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

onEachBackend(test, 'distances far from the origin keep their digits', (t) => {
  tf.tidy(() => {
    // Both are numbers of float32, and so is their difference.
    const x = tf.tensor2d([[1024, -2048]]);
    const points = tf.tensor2d([[1024.0625, -2048.125], [1024, -2048]]); // prettier-ignore
    t.deepEqual([...squaredDistances(x, points, tf.tensor1d([1, 4])).dataSync()], [0.0625 ** 2 + 4 * 0.125 ** 2, 0]);
  });
});

onEachBackend(test, 'the distance of nearly everything to nearly nothing is cut off, with finite gradients', (t) => {
  tf.tidy(() => {
    const x = tf.tensor2d([[1e18, -1e18], [0, 3e20]]); // prettier-ignore
    const points = tf.zeros([5, 2]);
    const weights = tf.ones([2]);
    t.deepEqual([...squaredDistances(x, points, weights).dataSync()], Array<number>(10).fill(Math.fround(1e12)));
    const decayed = (...at: Tensor[]) => tf.sum(tf.exp(tf.neg(squaredDistances(at[0], at[1], at[2]))));
    for (const gradient of tf.grads(decayed)([x, points, weights])) {
      t.true(gradient.dataSync().every((g) => g === 0));
    }
  });
});

test('gradients in doubles match central differences', (t) => {
  for (const { attributes, inputs } of squaredDistancesOp.samples) {
    const shapes = inputs.map(({ shape }) => shape);
    const values = inputs.map((input) => Float64Array.from(input.values));
    const size = shapes[0][0] * shapes[1][0];
    const upstream = Float64Array.from({ length: size }, (_, i) => Math.cos(3 * i));
    const loss = (at: Float64Array[]) => {
      const y = new Float64Array(size);
      squaredDistancesOp.cpu(at, [y], attributes, shapes);
      return y.reduce((sum, entry, i) => sum + entry * upstream[i], 0);
    };
    const gradients = values.map(({ length }) => new Float64Array(length));
    squaredDistancesOp.gradient!.cpu([...values, upstream], gradients, attributes, [...shapes, [shapes[0][0], shapes[1][0]]]); // prettier-ignore
    values.forEach((value, which) => {
      value.forEach((entry, i) => {
        const shifted = (by: number) => loss(values.with(which, value.with(i, entry + by)));
        const slope = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
        t.true(Math.abs(gradients[which][i] - slope) < 1e-7 * (1 + Math.abs(slope)), `${which} ${i}`);
      });
    });
  }
});

onEachBackend(test, 'second derivatives are those of the square', (t) => {
  tf.tidy(() => {
    const [x, points] = ['x', 'points'].map((name) => new RandomStream(name).normalTensor([3, 2]));
    const weights = tf.tensor1d([0.5, 2]);
    const first = (at: Tensor) => tf.grad((rows: Tensor) => tf.sum(squaredDistances(rows, points, weights)))(at);
    const second = tf.grad((at: Tensor) => tf.sum(first(at)))(x);
    // Three points, twice the weight each.
    assertClose(t, second, [3, 12, 3, 12, 3, 12], 1e-5);
  });
});
