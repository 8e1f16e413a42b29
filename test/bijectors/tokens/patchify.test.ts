import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowConfigError, Patchify } from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';

onEachBackend(test, 'tokens are patches in reading order', (t) => {
  tf.tidy(() => {
    const patchify = new Patchify({ eventShape: [4, 6, 2], patch: 2 });
    t.deepEqual(patchify.grid, [2, 3]);
    t.deepEqual(patchify.eventShapeIn, [6, 8]);
    const image = tf.reshape(tf.range(0, 48), [1, 4, 6, 2]);
    const tokens = patchify.inverse(image).arraySync() as number[][][];
    // Pixel (r, c) has numbers 12 r + 2 c and one more.
    t.deepEqual(tokens[0][0], [0, 1, 2, 3, 12, 13, 14, 15]);
    t.deepEqual(tokens[0][1], [4, 5, 6, 7, 16, 17, 18, 19]);
    t.deepEqual(tokens[0][5], [32, 33, 34, 35, 44, 45, 46, 47]);
    t.deepEqual(patchify.forward(patchify.inverse(image)).dataSync(), image.dataSync());
  });
});

test('what cannot be cut into patches is refused', (t) => {
  const table = [
    [{ eventShape: [4, 6], patch: 2 }, 'Patchify.eventShape: expected [height, width, channels], positive integers, got [4, 6].'], // prettier-ignore
    [{ eventShape: [4, 0, 1], patch: 2 }, 'Patchify.eventShape: expected [height, width, channels], positive integers'],
    [{ eventShape: [4, 6, 1], patch: 4 }, 'Patchify.patch: expected a positive integer that divides the height 4 and the width 6, got 4.'], // prettier-ignore
    [{ eventShape: [9, 6, 1], patch: 2 }, 'Patchify.patch: expected a positive integer that divides the height 9'],
    [{ eventShape: [4, 6, 1], patch: 0.5 }, 'Patchify.patch: expected a positive integer that divides'],
  ] as const;
  for (const [options, message] of table) {
    const error = t.throws(() => new Patchify(options), { instanceOf: FlowConfigError });
    t.true(error.message.startsWith(message), error.message);
  }
});
