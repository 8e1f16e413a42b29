import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  ConvNet,
  FlowConfigError,
  FlowShapeError,
  glow,
  RandomStream,
  ready,
  ResidualConvNet,
  rqGlow,
} from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { perturb } from '../../support/perturb.js';

onEachBackend(test, 'a pixel sees the part of a context map that lies around it', (t) => {
  // 3x3 on the context and once more after it: two pixels either way.
  using net = new ConvNet({ inputs: 1, outputs: 1, hidden: [4], activation: 'tanh', contextShape: [1, 9, 2], contextAs: 'map' }); // prettier-ignore
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([1, 1, 9, 1]);
    const context = new RandomStream('c').normalTensor([1, 1, 9, 2]);
    const at = (pixel: number) => (c: tf.Tensor) => tf.sum(tf.slice(net.apply(x, c), [0, 0, pixel, 0], [1, 1, 1, 1]));
    const gradient = tf.sum(tf.abs(tf.grad(at(4))(context)), 3).dataSync();
    t.deepEqual(Array.from(gradient, (g) => g !== 0), [2, 3, 4, 5, 6].reduce((seen, i) => seen.with(i, true), Array<boolean>(9).fill(false))); // prettier-ignore
  });
});

onEachBackend(test, 'a larger context map is averaged over blocks', (t) => {
  const build = (size: number) => new ConvNet({ inputs: 1, outputs: 2, hidden: [4], contextShape: [size, size, 1], contextAs: 'map', seed: 1 }); // prettier-ignore
  using small = build(2);
  using large = build(6);
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([3, 2, 2, 1]);
    const context = new RandomStream('c').normalTensor([3, 6, 6, 1]);
    const means = tf.mean(tf.reshape(context, [3, 2, 3, 2, 3, 1]), [2, 4]);
    assertClose(t, large.apply(x, context), small.apply(x, means), 1e-6);
  });
});

test.serial('image flows take context images, on all of their levels', async (t) => {
  await ready({ backend: 'wasm' });
  for (const recipe of [glow, rqGlow]) {
    using flow = recipe({ eventShape: [8, 8, 1], preset: 'small', contextShape: [8, 8, 2] });
    perturb(flow, 'maps', 0.1);
    tf.tidy(() => {
      const x = new RandomStream('x').uniformTensor([2, 8, 8, 1], 0, 256);
      const [a, b] = ['a', 'b'].map((seed) => new RandomStream(seed).normalTensor([2, 8, 8, 2]));
      t.notDeepEqual(flow.logProb(x, { context: a }).dataSync(), flow.logProb(x, { context: b }).dataSync());
      assertClose(t, flow.forward(flow.inverse(x, { context: a }), { context: a }), x, 1e-3);
    });
  }
});

onEachBackend(test, 'contexts that are no maps, or do not fit the image, are refused', (t) => {
  const options = { inputs: 1, outputs: 1, contextAs: 'map' } as const;
  t.throws(() => new ConvNet({ ...options, hidden: [2], contextShape: [3] }), { instanceOf: FlowConfigError, message: /context maps/ }); // prettier-ignore
  t.throws(() => new ResidualConvNet({ ...options, hidden: 2, contextShape: [3] }), { instanceOf: FlowConfigError });
  t.throws(() => new ConvNet({ ...options, hidden: [2], contextShape: [3], contextAs: 'scalar' as never }), { instanceOf: FlowConfigError, message: /'vector' or 'map'/ }); // prettier-ignore
  using net = new ConvNet({ ...options, hidden: [2], contextShape: [4, 6, 1] });
  tf.tidy(() => {
    for (const [height, width] of [
      [3, 3],
      [4, 3],
      [8, 12],
    ]) {
      t.throws(() => net.apply(tf.zeros([1, height, width, 1]), tf.zeros([1, 4, 6, 1])), { instanceOf: FlowShapeError, message: /or a multiple/ }); // prettier-ignore
    }
  });
});
