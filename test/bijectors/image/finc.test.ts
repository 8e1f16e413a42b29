import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { EmergingConv, FInC, FlowConfigError, FlowShapeError, PaddedConv, RandomStream } from '../../../src/index.js';
import { logAbsDet } from '../../contract/numerics.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { matrixColumns } from '../../support/images.js';
import { perturb } from '../../support/perturb.js';

const CORNERS = ['topLeft', 'topRight', 'bottomLeft', 'bottomRight'] as const;

onEachBackend(test, 'FInC is four padded convolutions, and inverts them as one', (t) => {
  using layer = new FInC({ eventShape: [4, 5, 8], seed: 'four' });
  perturb(layer, 'four');
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([2, 4, 5, 8]);
    const z = layer.inverse(x);
    const parts = tf.split(x, 4, 3).map((part, i) => {
      const corner = CORNERS[i];
      using alone = new PaddedConv({ eventShape: [4, 5, 2], corner, diagonal: 'unit', bias: false });
      const own = layer.parameters.filter(({ path }) => path.startsWith(`${corner}.`));
      alone.parameters.forEach(({ variable }, k) => variable.assign(own[k].variable));
      assertClose(t, alone.forward(tf.split(z, 4, 3)[i]), part.dataSync(), 3e-5, corner);
      return alone.inverse(part);
    });
    assertClose(t, z, tf.concat(parts, 3).dataSync(), 1e-6);
    assertClose(t, layer.forward(z), x.dataSync(), 3e-5);
  });
});

onEachBackend(test, 'FInC keeps volumes', (t) => {
  using layer = new FInC({ eventShape: [3, 3, 4] });
  perturb(layer, 'volume', 0.5);
  assertClose(t, [logAbsDet(matrixColumns(layer))], [0], 1e-5);
  assertClose(
    t,
    tf.tidy(() => layer.inverseAndLogDet(tf.zeros([2, 3, 3, 4]))[1].dataSync()),
    [0, 0],
    0,
  );
});

onEachBackend(test, 'the log-determinant of an emerging convolution is that of its dense matrix', (t) => {
  using layer = new EmergingConv({ eventShape: [4, 3, 3] });
  perturb(layer, 'emerging', 0.3);
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([2, 4, 3, 3]);
    const [z, logDet] = layer.inverseAndLogDet(x);
    assertClose(t, [logDet.dataSync()[0]], [logAbsDet(matrixColumns(layer))], 1e-5);
    assertClose(t, layer.forward(z), x.dataSync(), 1e-4);
  });
});

onEachBackend(test, 'an emerging convolution reads all of its neighbourhood, all channels, and nothing else', (t) => {
  using layer = new EmergingConv({ eventShape: [5, 5, 2], kernelSize: 3 });
  perturb(layer, 'neighbourhood', 0.3);
  tf.tidy(() => {
    // What an impulse at the centre moves.
    const at = (channel: number) => tf.tensor([0, 1].map((c) => (c === channel ? 1 : 0)), [1, 1, 2]); // prettier-ignore
    for (const channel of [0, 1]) {
      const impulse = tf.pad(at(channel), [[2, 2], [2, 2], [0, 0]]); // prettier-ignore
      const response = tf.sub(layer.inverse(impulse), layer.inverse(tf.zeros([5, 5, 2])));
      const touched = tf.greater(tf.abs(response), 1e-6);
      const expected = tf.pad(tf.ones([3, 3, 2]), [[1, 1], [1, 1], [0, 0]]); // prettier-ignore
      t.deepEqual([...touched.dataSync()], [...expected.dataSync()]);
    }
  });
});

test('the free numbers of both', (t) => {
  using finc = new FInC({ eventShape: [4, 4, 8] });
  t.is(finc.parameterCount, 4 * (9 * 4 - 3));
  using emerging = new EmergingConv({ eventShape: [4, 4, 5] });
  t.is(emerging.parameterCount, 2 * (4 * 25 - 10) + 5);
});

test('what they refuse', (t) => {
  t.throws(() => new FInC({ eventShape: [4, 4, 6] }), {
    instanceOf: FlowShapeError,
    message: 'FInC: expected a number of channels that 4 divides, got 6 in [4, 4, 6]. A squeeze before it makes four channels of one.', // prettier-ignore
  });
  t.throws(() => new EmergingConv({ eventShape: [4, 4, 6], kernelSize: 2 }), {
    instanceOf: FlowConfigError,
    message: 'EmergingConv: expected kernelSize: an odd number, got 2.',
  });
  t.throws(() => new EmergingConv({ eventShape: [16] }), {
    instanceOf: FlowShapeError,
    message: 'EmergingConv: expected images, [height, width, channels], got [16].',
  });
});
