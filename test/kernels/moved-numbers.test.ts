import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { ready } from '../../src/index.js';

interface Case {
  readonly title: string;
  readonly shapes: readonly (readonly number[])[];
  readonly move: (inputs: Tensor[]) => Tensor[];
}

/** Kernels that only move numbers, in what they have to tell apart; those on wasm are partly ours and partly left to TF.js. */
const CASES: readonly Case[] = [
  { title: 'reverse one axis', shapes: [[2, 3, 4, 5]], move: ([x]) => [0, 1, 2, 3, -1].map((axis) => tf.reverse(x, axis)) },
  { title: 'reverse some', shapes: [[2, 3, 4, 5]], move: ([x]) => [tf.reverse(x, [1, 2]), tf.reverse(x, [0, -1]), tf.reverse(x)] },
  { title: 'reverse a scalar and a list', shapes: [[], [7]], move: ([x, y]) => [tf.reverse(x), tf.reverse(y)] },
  { title: 'reverse many axes', shapes: [[2, 3, 2, 3, 2, 3]], move: ([x]) => [tf.reverse(x, [0, 2, 4])] },
  { title: 'transpose matrices', shapes: [[5, 7], [1, 6], [6, 1]], move: (all) => all.map((x) => tf.transpose(x)) },
  { title: 'transpose images', shapes: [[2, 3, 4, 5]], move: ([x]) => [[0, 2, 1, 3], [3, 2, 1, 0], [0, 1, 2, 3], [1, 0, 3, 2]].map((perm) => tf.transpose(x, perm)) },
  { title: 'transpose many axes', shapes: [[2, 3, 2, 3, 2, 3]], move: ([x]) => [tf.transpose(x, [5, 3, 1, 4, 2, 0]), tf.transpose(x, [0, 1, 2, 3, 5, 4])] },
  { title: 'concat', shapes: [[2, 3, 4, 1], [2, 3, 4, 2], [2, 3, 4, 3]], move: (all) => [tf.concat(all, 3), tf.concat(all, -1), tf.concat(all.slice(0, 1), 3)] },
  { title: 'concat along the first axis', shapes: [[2, 3], [1, 3]], move: (all) => [tf.concat(all), tf.concat(all, 0)] },
  { title: 'concat with nothing', shapes: [[2, 3], [2, 0], [2, 1]], move: (all) => [tf.concat(all, 1)] },
  { title: 'split evenly', shapes: [[2, 3, 4, 6]], move: ([x]) => [...tf.split(x, 3, 3), ...tf.split(x, 2, -1), ...tf.split(x, 2, 0)] },
  { title: 'split unevenly', shapes: [[3, 7]], move: ([x]) => [...tf.split(x, [2, 4, 1], 1), ...tf.split(x, [3, -1], 1), ...tf.split(x, [0, 7], 1)] },
]; // prettier-ignore

/** Results, and the gradients of a weighted sum of them, as numbers with their shapes. */
async function resultsOn(
  backend: 'wasm' | 'cpu',
  { shapes, move }: Case,
  dtype: 'float32' | 'int32',
): Promise<unknown> {
  await ready({ backend });
  const before = tf.memory().numTensors;
  const results = tf.tidy(() => {
    const inputs = shapes.map((shape, k) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return tf.tensor(Array.from({ length: size }, (_, i) => 100 * k + i), [...shape], dtype); // prettier-ignore
    });
    const moved = move(inputs);
    const told = (tensor: Tensor) => [tensor.dtype, tensor.shape, [...tensor.dataSync()]];
    if (dtype === 'int32') return moved.map(told);
    const loss = (...at: Tensor[]) => tf.addN(move(at).map((y, k) => tf.sum(tf.mul(y, tf.square(tf.add(y, k))))));
    return [...moved, ...tf.grads(loss)(inputs)].map(told);
  });
  return [results, tf.memory().numTensors - before];
}

for (const each of CASES) {
  for (const dtype of ['float32', 'int32'] as const) {
    test.serial(`wasm moves numbers as the plain backend does: ${each.title}, ${dtype}`, async (t) => {
      const expected = await resultsOn('cpu', each, dtype);
      t.deepEqual(await resultsOn('wasm', each, dtype), expected);
    });
  }
}
