import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { onEachBackend } from '../../support/backends.js';

onEachBackend(test, 'oneHot of every type has its values at the indices, and none where they are out of range', (t) => {
  const [on, off] = [2, -3];
  const table = (places: number[], depth: number, here: number, elsewhere: number) =>
    places.flatMap((place) => Array.from({ length: depth }, (_, k) => (k === place ? here : elsewhere)));
  tf.tidy(() => {
    const places = [2, 0, -1, 3, 4, 1];
    const indices = tf.tensor2d(places, [2, 3], 'int32');
    for (const dtype of ['float32', 'int32'] as const) {
      const found = tf.oneHot(indices, 4, on, off, dtype);
      t.deepEqual([found.dtype, found.shape], [dtype, [2, 3, 4]]);
      t.deepEqual([...found.dataSync()], table(places, 4, on, off));
    }
    const truth = tf.oneHot(indices, 4, 1, 0, 'bool');
    t.deepEqual([truth.dtype, ...truth.dataSync()], ['bool', ...table(places, 4, 1, 0)]);
    const smooth = tf.oneHot(indices, 4, 0.875, 0.125, 'float32');
    t.deepEqual([...smooth.dataSync()], table(places, 4, 0.875, 0.125));
    // As training uses it.
    const weights = tf.reshape(tf.range(0, 24), [4, 6]);
    const rows = tf.matMul(tf.oneHot(tf.tensor1d([3, 1], 'int32'), 4, 1, 0, 'float32'), weights);
    t.deepEqual([...rows.dataSync()], [18, 19, 20, 21, 22, 23, 6, 7, 8, 9, 10, 11]);
  });
});
