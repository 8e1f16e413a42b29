import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { Affine, Flow, FlowConfigError, FlowShapeError, interpolate, Normal, RandomStream, Reshape, Chain } from '../../src/index.js'; // prettier-ignore
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

/** Events of 2 × 2, codes of 4: x = 1 + 2 z. */
function flow(): Flow {
  const reshape = new Reshape({ eventShapeIn: [4], eventShapeOut: [2, 2] });
  const bijector = new Chain({
    bijectors: [new Affine({ eventShape: [4], shift: [1, 1, 1, 1], scale: [2, 2, 2, 2] }), reshape],
  });
  return new Flow({ base: Normal.standard([4]), bijector });
}

onEachBackend(test, 'ways begin and end at the events given, and codes keep their distance on the sphere', (t) => {
  using model = flow();
  tf.tidy(() => {
    const stream = new RandomStream('ends');
    const [a, b] = [stream.normalTensor([3, 2, 2]), stream.normalTensor([3, 2, 2])];
    for (const path of ['spherical', 'linear'] as const) {
      const way = interpolate(model, a, b, { steps: 5, path });
      t.deepEqual(way.shape, [5, 3, 2, 2]);
      const [first, , middle, , last] = tf.unstack(way);
      assertClose(t, first, a, 1e-5, 'first');
      assertClose(t, last, b, 1e-5, 'last');
      if (path === 'linear') assertClose(t, middle, tf.div(tf.add(a, b), 2), 1e-5, 'middle');
    }
    // Two codes of length 5, a right angle apart: eighths of it on the way.
    const code = (...z: number[]) => tf.tensor([z.map((value) => 1 + 2 * value)], [1, 2, 2]);
    const way = interpolate(model, code(5, 0, 0, 0), code(0, 0, 5, 0), { steps: 9 });
    const expected = Array.from({ length: 9 }, (_, i) => [5 * Math.cos((i * Math.PI) / 16), 0, 5 * Math.sin((i * Math.PI) / 16), 0]); // prettier-ignore
    assertClose(t, way, expected.flat().map((z) => 1 + 2 * z), 1e-5, 'quarter of a circle'); // prettier-ignore
    const same = interpolate(model, tf.reshape(a, [3, 2, 2]), a, { steps: 3 });
    assertClose(t, same, tf.stack([a, a, a]), 1e-5, 'no way at all');
    const zero = interpolate(model, code(0, 0, 0, 0), code(4, 0, 0, 0), { steps: 3 });
    assertClose(t, zero, [0, 2, 4].flatMap((z) => [1 + 2 * z, 1, 1, 1]), 1e-5, 'from the centre'); // prettier-ignore
    t.deepEqual(interpolate(model, tf.zeros([2, 2]), tf.ones([2, 2])).shape, [8, 2, 2]);
  });
});

test('ends that do not fit and ways that there are not are refused', (t) => {
  using model = flow();
  const before = tf.memory().numTensors;
  const [a, b] = [tf.zeros([3, 2, 2]), tf.zeros([4, 2, 2])];
  const config = { instanceOf: FlowConfigError };
  t.throws(() => interpolate(model, a, b), { instanceOf: FlowShapeError, message: /expected b of shape/ });
  t.throws(
    () =>
      interpolate(
        model,
        tf.tidy(() => tf.zeros([3])),
        a,
      ),
    { instanceOf: FlowShapeError },
  );
  for (const steps of [1, 2.5]) t.throws(() => interpolate(model, a, a, { steps }), { ...config, message: /steps: / });
  t.throws(() => interpolate(model, a, a, { path: 'zigzag' as never }), { ...config, message: /got zigzag/ });
  const way = interpolate(model, a, a);
  tf.dispose([a, b, way]);
  t.is(tf.memory().numTensors, before + 1);
});
