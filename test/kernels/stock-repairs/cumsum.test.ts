import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream } from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';

/** `y = A x` along an axis, `A` triangular with ones. */
function sums(
  values: ArrayLike<number>,
  shape: number[],
  axis: number,
  exclusive: boolean,
  reverse: boolean,
): number[] {
  const [length, inner] = [shape[axis], shape.slice(axis + 1).reduce((a, b) => a * b, 1)];
  return Array.from(values, (_, at) => {
    const place = Math.floor(at / inner) % length;
    let sum = 0;
    for (let k = 0; k < length; k++) {
      const counted = reverse ? k > place || (k === place && !exclusive) : k < place || (k === place && !exclusive);
      if (counted) sum += values[at + (k - place) * inner];
    }
    return sum;
  });
}

onEachBackend(test, 'cumsum and its gradient, along every axis counted from either end', (t) => {
  const shape = [2, 3, 4];
  for (const axis of [0, 1, 2, -1, -2, -3]) {
    for (const [exclusive, reverse] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      // prettier-ignore
      tf.tidy(() => {
        const x = new RandomStream('cumsum').normalTensor(shape);
        const weights = new RandomStream('weights').normalTensor(shape);
        const along = axis < 0 ? axis + 3 : axis;
        const y = tf.cumsum(x, axis, exclusive, reverse);
        const title = `axis ${axis}, exclusive ${exclusive}, reverse ${reverse}`;
        t.deepEqual(y.shape, shape);
        assertClose(t, y, sums(x.dataSync(), shape, along, exclusive, reverse), 1e-6, title);
        const gradient = tf.grad((at: Tensor) => tf.sum(tf.mul(tf.cumsum(at, axis, exclusive, reverse), weights)))(x);
        const expected = sums(weights.dataSync(), shape, along, exclusive, !reverse);
        assertClose(t, gradient, expected, 1e-6, `gradient, ${title}`);
      });
    }
  }
});

onEachBackend(test, 'an axis that is not there is said', (t) => {
  tf.tidy(() => {
    for (const axis of [2, -3]) t.throws(() => tf.cumsum(tf.zeros([2, 2]), axis), { message: /axis/ });
  });
});
