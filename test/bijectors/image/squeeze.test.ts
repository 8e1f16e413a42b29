import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowConfigError, FlowShapeError, HaarSqueeze, RandomStream, Squeeze } from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { matrixColumns } from '../../support/images.js';

onEachBackend(test, 'the pixels of a block follow each other row by row, each with its channels together', (t) => {
  using squeeze = new Squeeze({ eventShape: [2, 4, 2] });
  t.deepEqual(squeeze.eventShapeIn, [1, 2, 8]);
  tf.tidy(() => {
    // The number 100 row + 10 column + channel at each place.
    const x = tf.tensor([0, 1, 10, 11, 20, 21, 30, 31, 100, 101, 110, 111, 120, 121, 130, 131], [2, 4, 2]);
    const [z, logDet] = squeeze.inverseAndLogDet(x);
    t.deepEqual([...z.dataSync()], [0, 1, 10, 11, 100, 101, 110, 111, 20, 21, 30, 31, 120, 121, 130, 131]);
    assertClose(t, logDet, [0], 0);
    assertClose(t, squeeze.forward(z), x.dataSync(), 0);
  });
});

onEachBackend(test, 'the formula, for any factor', (t) => {
  const [factor, channels] = [3, 2];
  using squeeze = new Squeeze({ eventShape: [6, 9, channels], factor });
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([2, 6, 9, channels]);
    const [given, z] = [x.arraySync() as number[][][][], squeeze.inverse(x).arraySync() as number[][][][]];
    for (let n = 0; n < 2; n++) {
      for (let row = 0; row < 6; row++) {
        for (let column = 0; column < 9; column++) {
          const [i, j, u, v] = [Math.floor(row / 3), Math.floor(column / 3), row % 3, column % 3];
          const at = (u * factor + v) * channels;
          t.deepEqual(z[n][i][j].slice(at, at + channels), given[n][row][column]);
        }
      }
    }
  });
});

onEachBackend(test, 'averages come first, then the three differences, channel by channel', (t) => {
  using haar = new HaarSqueeze({ eventShape: [2, 2, 2] });
  tf.tidy(() => {
    // 1 2 / 3 6 in the first channel, 10 0 / 0 0 in the second.
    const x = tf.tensor([1, 10, 2, 0, 3, 0, 6, 0], [2, 2, 2]);
    assertClose(t, haar.inverse(x), [6, 5, -2, 5, -3, 5, 1, 5], 1e-6);
  });
});

onEachBackend(test, 'the Haar transform is a rotation', (t) => {
  using haar = new HaarSqueeze({ eventShape: [4, 4, 3] });
  const columns = matrixColumns(haar);
  tf.tidy(() => {
    const matrix = tf.tensor2d(columns);
    assertClose(t, tf.matMul(matrix, matrix, false, true), tf.eye(48).dataSync(), 1e-6);
    const x = new RandomStream('x').normalTensor([2, 4, 4, 3]);
    assertClose(t, haar.forward(haar.inverse(x)), x.dataSync(), 1e-6);
    const averages = tf.slice(haar.inverse(x), [0, 0, 0, 0], [2, 2, 2, 3]);
    const pooled = tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid');
    assertClose(t, averages, tf.mul(pooled, 2).dataSync(), 1e-6);
  });
});

test('what they refuse', (t) => {
  t.throws(() => new Squeeze({ eventShape: [4, 5, 3] }), {
    instanceOf: FlowShapeError,
    message: 'Squeeze: expected a height and a width that 2 divides, got [4, 5, 3].',
  });
  t.throws(() => new HaarSqueeze({ eventShape: [3, 4, 1] }), {
    instanceOf: FlowShapeError,
    message: 'HaarSqueeze: expected a height and a width that 2 divides, got [3, 4, 1].',
  });
  t.throws(() => new Squeeze({ eventShape: [4, 4] }), {
    instanceOf: FlowShapeError,
    message: 'Squeeze: expected images, [height, width, channels], got [4, 4].',
  });
  t.throws(() => new Squeeze({ eventShape: [4, 4, 1], factor: 1 }), {
    instanceOf: FlowConfigError,
    message: 'Squeeze: expected factor: a whole number of at least 2, got 1.',
  });
});
