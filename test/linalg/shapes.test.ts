import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  FlowConfigError,
  FlowShapeError,
  inverse,
  logAbsDet,
  lu,
  RandomStream,
  slogdet,
  solve,
  triangularSolve,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const REFUSED: [string, () => unknown, typeof FlowShapeError | typeof FlowConfigError, RegExp][] = [
  ['a vector', () => inverse(tf.ones([3])), FlowShapeError, /^inverse: expected .*square.*, got \[3\]/],
  ['a scalar', () => logAbsDet(tf.scalar(2)), FlowShapeError, /^logAbsDet: expected .*, got \[\]/],
  ['a wide matrix', () => slogdet(tf.ones([2, 3])), FlowShapeError, /^slogdet: expected .*, got \[2, 3\]/],
  ['wide matrices', () => lu(tf.ones([4, 2, 3])), FlowShapeError, /^lu: expected .*, got \[4, 2, 3\]/],
  ['no rows', () => inverse(tf.ones([2, 0, 0])), FlowShapeError, /^inverse: expected .*, got \[2, 0, 0\]/],
  [
    'whole numbers',
    () => lu(tf.ones([2, 2], 'int32')),
    FlowConfigError,
    /^lu: expected .*float32.*, got int32.*tf\.cast/,
  ],
  [
    'a long vector',
    () => solve(tf.eye(2), tf.ones([3])),
    FlowShapeError,
    /^solve: expected .*\[2, k\] or \[2\], got \[3\]/,
  ],
  ['a scalar to solve for', () => solve(tf.eye(2), tf.scalar(1)), FlowShapeError, /^solve: expected .*, got \[\]/],
  ['too many rows', () => solve(tf.eye(2), tf.ones([3, 1])), FlowShapeError, /^solve: expected .*, got \[3, 1\]/],
  [
    'another batch',
    () => triangularSolve(tf.ones([5, 2, 2]), tf.ones([4, 2, 1])),
    FlowShapeError,
    /^triangularSolve: expected .*\[5, 2, k\] or \[5, 2\], got \[4, 2, 1\]\. .*batch/,
  ],
  [
    'a batch on one side',
    () => solve(tf.eye(2), tf.ones([4, 2, 1])),
    FlowShapeError,
    /^solve: expected .*, got \[4, 2, 1\]/,
  ],
  [
    'a triangle that is not square',
    () => triangularSolve(tf.ones([2, 3]), tf.ones([2])),
    FlowShapeError,
    /^triangularSolve: expected `t`.*, got \[2, 3\]/,
  ],
  [
    'whole numbers to solve for',
    () => solve(tf.eye(2), tf.ones([2], 'int32')),
    FlowConfigError,
    /^solve: expected `b`.*, got int32/,
  ],
  [
    'an option that is no boolean',
    () => solve(tf.eye(2), tf.ones([2]), { adjoint: 1 as never }),
    FlowConfigError,
    /^solve: expected `adjoint`.*, got 1/,
  ],
  [
    'a triangle by name',
    () => triangularSolve(tf.eye(2), tf.ones([2]), { lower: 'upper' as never }),
    FlowConfigError,
    /^triangularSolve: expected `lower`.*, got upper/,
  ],
];

for (const [name, call, instanceOf, message] of REFUSED) {
  onEachBackend(test, `refused: ${name}`, (t) => {
    tf.tidy(() => void t.throws(call, { instanceOf, message }));
  });
}

onEachBackend(test, 'any batch axes, single matrices and empty batches, with vectors as right-hand sides', (t) => {
  tf.tidy(() => {
    for (const batch of [[], [1], [3], [2, 3], [1, 2, 1, 2], [0], [2, 0]]) {
      const a = tf.add(new RandomStream('shapes').normalTensor([...batch, 3, 3]), tf.mul(tf.eye(3), 4));
      const columns = tf.ones([...batch, 3, 2]);
      const vector = tf.ones([...batch, 3]);
      t.deepEqual(logAbsDet(a).shape, batch);
      t.deepEqual([slogdet(a).sign.shape, slogdet(a).logAbsDet.shape], [batch, batch]);
      t.deepEqual(inverse(a).shape, a.shape);
      const { lower, upper, permutation } = lu(a);
      t.deepEqual([lower.shape, upper.shape, permutation.shape], [a.shape, a.shape, [...batch, 3]]);
      for (const f of [solve, triangularSolve]) {
        t.deepEqual(f(a, columns).shape, columns.shape);
        t.deepEqual(f(a, tf.ones([...batch, 3, 0])).shape, [...batch, 3, 0]);
        t.deepEqual(f(a, vector).shape, vector.shape);
        // Stock kernels of the wasm backend read out of bounds where there is nothing.
        if (a.size === 0) continue;
        const [first] = tf.split(f(a, columns), 2, columns.rank - 1);
        assertClose(t, f(a, vector), first, 0);
      }
      const product = (x: Tensor, b: Tensor) => tf.mul(solve(x, b), tf.expandDims(logAbsDet(x), -1));
      const gradients = tf.grads(product)([a, vector], vector);
      t.deepEqual(gradients.map(({ shape }) => shape), [a.shape, vector.shape]); // prettier-ignore
    }
  });
});

onEachBackend(test, 'batches are mapped matrix by matrix', (t) => {
  tf.tidy(() => {
    const a = new RandomStream('rows').normalTensor([2, 3, 4, 4]);
    const flat = tf.unstack(tf.reshape(a, [6, 4, 4]));
    for (const f of [inverse, logAbsDet, (x: Tensor) => lu(x).upper, (x: Tensor) => solve(x, tf.onesLike(x))]) {
      assertClose(t, tf.reshape(f(a), [-1]), tf.reshape(tf.stack(flat.map(f)), [-1]), 0);
    }
  });
});

onEachBackend(test, 'no tensor is left behind, gradients included', (t) => {
  const [a, b] = [new RandomStream('leak').normalTensor([2, 3, 3]), tf.ones([2, 3])];
  const before = tf.memory().numTensors;
  tf.dispose([slogdet(a), logAbsDet(a), inverse(a), lu(a), solve(a, b), triangularSolve(a, b)] as never);
  t.is(tf.memory().numTensors, before);
  const gradients = tf.grads((x: Tensor, y: Tensor) => {
    const { lower, upper } = lu(x);
    const all = [solve(x, y), triangularSolve(x, y), inverse(x), logAbsDet(x), slogdet(x).logAbsDet, lower, upper];
    return tf.addN(all.map((part) => tf.sum(part)));
  })([a, b]);
  t.is(tf.memory().numTensors, before + 2);
  tf.dispose([...gradients, a, b]);
});
