import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import fc from 'fast-check';
import { RandomStream } from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';

/** Sizes of `x`, `[...batch, ...outer, length, ...inner]`, and how many indices a batch has. */
const sizes = fc.record({
  batch: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 0, maxLength: 2 }),
  outer: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 0, maxLength: 1 }),
  length: fc.integer({ min: 1, max: 5 }),
  inner: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 0, maxLength: 2 }),
  count: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 2 }),
  negative: fc.boolean(),
  seed: fc.integer(),
});

const size = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

onEachBackend(test, 'gather takes what it should, with batch axes and without', (t) => {
  fc.assert(
    fc.property(sizes, ({ batch, outer, length, inner, count, negative, seed }) => {
      const stream = new RandomStream(`gather ${seed}`);
      const shape = [...batch, ...outer, length, ...inner];
      const values = Float32Array.from(stream.normal(size(shape)));
      const indices = Int32Array.from(stream.uniform(size(batch) * size(count), 0, length), Math.floor);
      const [outerSize, innerSize, each] = [size(outer), size(inner), size(count)];
      const expected: number[] = [];
      for (let b = 0; b < size(batch); b++) {
        for (let o = 0; o < outerSize; o++) {
          for (let k = 0; k < each; k++) {
            const row = (b * outerSize + o) * length + indices[b * each + k];
            expected.push(...values.subarray(row * innerSize, (row + 1) * innerSize));
          }
        }
      }
      tf.tidy(() => {
        const axis = batch.length + outer.length - (negative ? shape.length : 0);
        const where = tf.tensor(indices, [...batch, ...count], 'int32');
        const y = tf.gather(tf.tensor(values, shape), where, axis, batch.length);
        t.deepEqual(y.shape, [...batch, ...outer, ...count, ...inner]);
        assertClose(t, y, expected, 0);
      });
    }),
    { numRuns: 60, seed: 1 },
  );
});

onEachBackend(test, 'the gradient of gather adds up over equal indices', (t) => {
  tf.tidy(() => {
    const x = new RandomStream('gather').normalTensor([2, 3, 4]);
    for (const [axis, indices] of [
      [0, [1, 1, 0]],
      [1, [2, 0, 2, 2]],
      [2, [3]],
      [-1, [0, 1, 1, 3, 3, 3]],
    ] as const) {
      const along = axis < 0 ? axis + 3 : axis;
      const weights = new RandomStream(`weights ${axis}`).normalTensor(x.shape.map((n, a) => (a === along ? indices.length : n))); // prettier-ignore
      const gradient = tf.grad((at: Tensor) => tf.sum(tf.mul(tf.gather(at, tf.tensor1d([...indices], 'int32'), axis), weights)))(x); // prettier-ignore
      const [outer, length, inner] = [size(x.shape.slice(0, along)), x.shape[along], size(x.shape.slice(along + 1))];
      const expected = new Float64Array(x.size);
      weights.dataSync().forEach((w, at) => {
        const [o, k, i] = [Math.floor(at / (inner * indices.length)), Math.floor(at / inner) % indices.length, at % inner]; // prettier-ignore
        expected[(o * length + indices[k]) * inner + i] += w;
      });
      assertClose(t, gradient, expected, 1e-6, `axis ${axis}, ${outer} outer`);
    }
  });
});

onEachBackend(test, 'the gradient of gather is its adjoint, with any number of batch axes', (t) => {
  fc.assert(
    fc.property(sizes, ({ batch, outer, length, inner, count, seed }) => {
      tf.tidy(() => {
        const stream = new RandomStream(`adjoint ${seed}`);
        const shape = [...batch, ...outer, length, ...inner];
        const indices = Int32Array.from(stream.uniform(size(batch) * size(count), 0, length), Math.floor);
        const where = tf.tensor(indices, [...batch, ...count], 'int32');
        const gather = (at: Tensor) => tf.gather(at, where, batch.length + outer.length, batch.length);
        const x = stream.normalTensor(shape);
        const weights = stream.normalTensor([...batch, ...outer, ...count, ...inner]);
        const gradient = tf.grad((at: Tensor) => tf.sum(tf.mul(gather(at), weights)))(x);
        // <gather x, w> = <x, gradient>, and nothing goes to rows that no index names.
        const [left, right] = [tf.sum(tf.mul(gather(x), weights)), tf.sum(tf.mul(x, gradient))];
        assertClose(t, left, right, 1e-5);
        const taken = tf.grad((at: Tensor) => tf.sum(gather(at)))(x);
        t.is(tf.sum(taken).dataSync()[0], weights.size);
      });
    }),
    { numRuns: 40, seed: 2 },
  );
});

onEachBackend(test, 'second derivatives through gather', (t) => {
  tf.tidy(() => {
    const indices = tf.tensor1d([0, 2, 2], 'int32');
    const slope = tf.grad((x: Tensor) => tf.sum(tf.pow(tf.gather(x, indices), 3)));
    const curvature = tf.grad((x: Tensor) => tf.sum(slope(x)))(tf.tensor1d([1, 2, -3]));
    assertClose(t, curvature, [6, 0, -36], 1e-5);
  });
});

onEachBackend(test, 'sums over segments', (t) => {
  tf.tidy(() => {
    const x = tf.tensor2d([[1, 2], [3, 4], [5, 6], [7, 8]]); // prettier-ignore
    const sum = (segments: number[], count: number) => [
      ...tf.unsortedSegmentSum(x, tf.tensor1d(segments, 'int32'), count).dataSync(),
    ];
    t.deepEqual(sum([1, 0, 1, 3], 4), [3, 4, 6, 8, 0, 0, 7, 8]);
    t.deepEqual(sum([-1, 0, 5, 0], 2), [10, 12, 0, 0], 'rows of no segment are left out');
    t.deepEqual(tf.unsortedSegmentSum(tf.zeros([0, 3]), tf.tensor1d([], 'int32'), 2).shape as number[], [2, 3]);
  });
});

onEachBackend(test, 'an index out of range is said, with batch axes too', (t) => {
  tf.tidy(() => {
    const gather = (index: number, batchDims: number) => () =>
      tf.gather(tf.zeros([2, 3]), tf.tensor2d([[0], [index]], [2, 1], 'int32'), 1, batchDims);
    for (const batchDims of [0, 1]) {
      t.throws(gather(3, batchDims), { message: /not in \[0, 2\]/ });
      t.throws(gather(-1, batchDims), { message: /not in \[0, 2\]/ });
    }
  });
});

onEachBackend(test, 'no tensor is left behind', (t) => {
  const [x, rows] = [tf.ones([2, 3, 4]), tf.tensor2d([[2, 0], [1, 1]], [2, 2], 'int32')]; // prettier-ignore
  const before = tf.memory();
  for (const batchDims of [0, 1]) tf.dispose(tf.grad((at: Tensor) => tf.sum(tf.gather(at, rows, 1, batchDims)))(x));
  t.is(tf.memory().numTensors, before.numTensors);
  t.is(tf.memory().numDataBuffers, before.numDataBuffers);
  tf.dispose([x, rows]);
});
