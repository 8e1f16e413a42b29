import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream } from '../../src/index.js';
import { rowNorm, rowNormOp } from '../../src/kernels/row-norm/op.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const CENTERED = { center: true, epsilon: 1e-5 };
const ROOT_MEAN_SQUARE = { center: false, epsilon: 1e-5 };
const BOTH = [CENTERED, ROOT_MEAN_SQUARE];

const normalised = (x: Tensor, attributes: typeof CENTERED): Tensor =>
  rowNorm(x, tf.ones([x.shape[1]!]), tf.zeros([x.shape[1]!]), attributes);

onEachBackend(test, 'rows get mean square 1, and mean 0 where that is asked for', (t) => {
  tf.tidy(() => {
    const x = tf.add(tf.mul(new RandomStream('x').normalTensor([6, 33]), 40), 5);
    for (const attributes of BOTH) {
      const y = normalised(x, attributes);
      assertClose(t, tf.mean(tf.square(y), 1), Array<number>(6).fill(1), 1e-5);
      if (attributes.center) assertClose(t, tf.mean(y, 1), Array<number>(6).fill(0), 1e-6);
    }
    t.deepEqual([...normalised(tf.tensor2d([[3, 3, 3]]), CENTERED).dataSync()], [0, 0, 0]);
    t.deepEqual([...normalised(tf.zeros([1, 3]), ROOT_MEAN_SQUARE).dataSync()], [0, 0, 0]);
  });
});

onEachBackend(test, 'rows of any size do not overflow, and are those of ordinary size', (t) => {
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([5, 18]);
    for (const attributes of BOTH) {
      const ordinary = normalised(tf.mul(x, 1e3), attributes);
      for (const size of [1e10, 1e20, 1e37]) {
        const large = tf.mul(x, size);
        assertClose(t, normalised(large, attributes), ordinary, 1e-5, `${size}`);
        const gradient = tf.grad((at) => tf.sum(tf.square(normalised(at, attributes))))(large);
        t.true(gradient.dataSync().every(Number.isFinite), `gradient at ${size}`);
      }
      const tiny = normalised(tf.mul(x, 1e-20), attributes);
      t.true(tiny.dataSync().every((y) => Math.abs(y) < 1e-17));
    }
  });
});

test('gradients in doubles match central differences', (t) => {
  for (const { attributes, inputs } of rowNormOp.samples) {
    const shapes = inputs.map(({ shape }) => shape);
    const values = inputs.map((input) => Float64Array.from(input.values));
    const size = values[0].length;
    const upstream = Float64Array.from({ length: size }, (_, i) => Math.cos(3 * i));
    const loss = (at: Float64Array[]) => {
      const y = new Float64Array(size);
      rowNormOp.cpu(at, [y], attributes, shapes);
      return y.reduce((sum, entry, i) => sum + entry * upstream[i], 0);
    };
    const gradients = values.map(({ length }) => new Float64Array(length));
    rowNormOp.gradient!.cpu([values[0], values[1], upstream], gradients, attributes, [shapes[0], shapes[1], shapes[0]]);
    values.forEach((value, which) => {
      for (const i of new Set([0, Math.floor(value.length / 2), value.length - 1])) {
        const shifted = (by: number) =>
          loss(
            values.with(
              which,
              value.map((entry, j) => (j === i ? entry + by : entry)),
            ),
          );
        const slope = (shifted(1e-7) - shifted(-1e-7)) / 2e-7;
        t.true(Math.abs(gradients[which][i] - slope) < 1e-6 * (1 + Math.abs(slope)), `${which} ${i}`);
      }
    });
  }
});

onEachBackend(test, 'second derivatives match differences of the first', (t) => {
  tf.tidy(() => {
    const [x, gain, direction] = ['x', 'g', 'd'].map((name) => new RandomStream(name).normalTensor([3, 6]));
    for (const attributes of BOTH) {
      const first = (at: Tensor) => tf.grad((rows: Tensor) => tf.sum(tf.mul(tf.square(normalised(rows, attributes)), gain)))(at); // prettier-ignore
      const along = tf.grad((at: Tensor) => tf.sum(tf.mul(first(at), direction)))(x);
      const h = 1e-2;
      const difference = tf.sub(first(tf.add(x, tf.mul(direction, h))), first(tf.sub(x, tf.mul(direction, h))));
      assertClose(t, along, tf.div(difference, 2 * h), 5e-3);
    }
  });
});
