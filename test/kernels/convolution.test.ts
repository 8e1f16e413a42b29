import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream, ready } from '../../src/index.js';
import { ACTIVATION_NAMES } from '../../src/kernels/dense/activation.js';
import { convolution, samePadding, type Padding } from '../../src/kernels/convolution/op.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const PADDINGS: readonly (readonly [filter: readonly [number, number], padding: Padding | undefined])[] = [
  [[3, 3], undefined],
  [[1, 1], undefined],
  [[5, 3], undefined],
  [[2, 2], { top: 1, bottom: 0, left: 1, right: 0 }],
  [[3, 2], { top: 0, bottom: 0, left: 0, right: 0 }],
];

function drawn(seed: string, ...shapes: number[][]): Tensor[] {
  const stream = new RandomStream(seed);
  return shapes.map((shape) => stream.normalTensor(shape));
}

onEachBackend(test, 'convolutions are those of TF.js, whichever side has fewer channels', (t) => {
  tf.tidy(() => {
    for (const [[k, l], padding] of PADDINGS) {
      for (const [inputs, outputs] of [[3, 7], [9, 2], [4, 4]]) {
        const [x, filter, bias] = drawn(`${k} ${l} ${inputs}`, [2, 6, 5, inputs], [k, l, inputs, outputs], [outputs]);
        const { top, bottom, left, right } = padding ?? samePadding([k, l]);
        const padded = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]); // prettier-ignore
        const plain = tf.add(tf.conv2d(padded as Tensor4D, filter as Tensor4D, 1, 'valid'), bias);
        const found = convolution(x, filter, bias, 'identity', padding);
        t.deepEqual(found.shape, plain.shape);
        assertClose(t, found, plain.dataSync(), 1e-5, `filter ${k}x${l}, ${inputs} to ${outputs}`);
        assertClose(t, convolution(x, filter, bias, 'relu', padding), tf.relu(plain).dataSync(), 1e-5);
      }
    }
  });
}); // prettier-ignore

onEachBackend(test, 'a filter of one pixel is a matrix, and one as large as the image a dense layer', (t) => {
  tf.tidy(() => {
    const [x, pixel, whole, bias] = drawn('dense', [3, 4, 2, 5], [1, 1, 5, 6], [4, 2, 5, 6], [6]);
    const dense = (rows: Tensor, w: Tensor, count: number) =>
      tf.add(tf.matMul(tf.reshape(rows, [-1, count]), tf.reshape(w, [count, 6])), bias).dataSync();
    assertClose(t, convolution(x, pixel, bias), dense(x, pixel, 5), 1e-5);
    const none = { top: 0, bottom: 0, left: 0, right: 0 };
    assertClose(t, convolution(x, whole, bias, 'identity', none), dense(x, whole, 40), 1e-5);
  });
});

onEachBackend(test, 'every activation', (t) => {
  tf.tidy(() => {
    const [x, filter, bias] = drawn('activations', [2, 3, 4, 2], [3, 3, 2, 3], [3]);
    const plain = convolution(x, filter, bias);
    for (const name of ACTIVATION_NAMES) {
      const y = convolution(x, filter, bias, name);
      const slope = tf.grad((at: Tensor) => tf.sum(convolution(at, filter, bias, name)))(x);
      const h = 1e-2;
      const along = tf.onesLike(x);
      const at = (by: number) => tf.sum(convolution(tf.add(x, tf.mul(along, by)), filter, bias, name));
      const difference = tf.div(tf.sub(at(h), at(-h)), 2 * h);
      t.deepEqual(y.shape, plain.shape);
      assertClose(t, tf.sum(slope), difference.dataSync(), 5e-2, name);
    }
  });
});

onEachBackend(test, 'second derivatives go through the reference', (t) => {
  tf.tidy(() => {
    const [x, wide, bias] = drawn('second', [1, 4, 3, 2], [3, 3, 2, 3], [3]);
    const filter = tf.mul(wide, 0.2);
    const directions = drawn('directions', x.shape, filter.shape, bias.shape);
    const squares = (...at: Tensor[]) => {
      const gradients = tf.grads((...[a, w, b]: Tensor[]) => tf.sum(tf.square(convolution(a, w, b, 'tanh'))))(at);
      return gradients.map((gradient) => tf.sum(tf.square(gradient))).reduce((sum, term) => tf.add(sum, term));
    };
    const gradients = tf.grads(squares)([x, filter, bias]);
    const slopes = gradients.map((gradient, i) => tf.sum(tf.mul(gradient, directions[i])).dataSync()[0]);
    [x, filter, bias].forEach((_, i) => {
      const at = (h: number) =>
        squares(...[x, filter, bias].map((value, k) => (k === i ? tf.add(value, tf.mul(directions[k], h)) : value)));
      const difference = tf.sub(at(1e-2), at(-1e-2)).dataSync()[0] / 2e-2;
      assertClose(t, [slopes[i] / difference], [1], 2e-2, `input ${i}`);
    });
  });
});

onEachBackend(test, 'no images at all', (t) => {
  tf.tidy(() => {
    const y = convolution(tf.zeros([0, 4, 4, 2]), tf.ones([3, 3, 2, 5]), tf.zeros([5]), 'relu');
    t.deepEqual(y.shape as number[], [0, 4, 4, 5]);
  });
});

test.serial('many rows are taken some at a time, to the same numbers', async (t) => {
  await ready({ backend: 'wasm' });
  tf.tidy(() => {
    for (const [inputs, outputs] of [[40, 48], [48, 40]]) {
      const [x, filter, bias] = drawn('large', [3, 20, 17, inputs], [3, 3, inputs, outputs], [outputs]);
      const upstream = drawn('upstream', [3, 20, 17, outputs])[0];
      const loss = (...[a, w, b]: Tensor[]) => tf.sum(tf.mul(convolution(a, w, b), upstream));
      const plain = (...[a, w, b]: Tensor[]) =>
        tf.sum(tf.mul(tf.add(tf.conv2d(a as Tensor4D, w as Tensor4D, 1, 'same'), b), upstream));
      const expected = tf.grads(plain)([x, filter, bias]);
      tf.grads(loss)([x, filter, bias]).forEach((gradient, i) => {
        // A number of the filter's gradient is a sum of a thousand products, which the tiles add up in another order.
        assertClose(t, gradient, expected[i].dataSync(), 4e-4, `gradient ${i}, ${inputs} to ${outputs}`);
      });
    }
  });
}); // prettier-ignore
