import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream, ready } from '../../src/index.js';
import { isTracing, trace } from '../../src/replay/trace.js';

test.before(() => ready({ backend: 'wasm' }));

test.serial('kernels, constants and values', (t) => {
  const x = tf.tensor1d([1, 2, 3]);
  const found = trace(
    () => {
      t.true(isTracing());
      const constant = tf.square(tf.tensor1d([2, 3, 4]));
      return [tf.add(tf.mul(tf.clone(x), constant), tf.scalar(1))];
    },
    new Set([x.dataId]),
  )!;
  t.false(isTracing());
  t.deepEqual(found.kernels.map(({ name }) => name), ['Multiply', 'Add']); // prettier-ignore
  t.is(found.kernels[0].inputs.a.data, x.dataId, 'a copy counts as the original');
  t.deepEqual(
    [...found.constants.get(found.kernels[0].inputs.b.data)!],
    [4, 9, 16],
    'squares of constants are constant',
  );
  t.deepEqual([...found.values[0]], [5, 19, 49]);
  x.dispose();
});

test.serial('a computation that draws, looks or throws leaves no trace', (t) => {
  const x = tf.tensor1d([1, 2, 3]);
  const stream = new RandomStream('draws');
  const known = new Set([x.dataId]);
  const before = tf.memory().numTensors;
  t.is(
    trace(() => [tf.add(x, stream.normalTensor([3]))], known),
    null,
  );
  t.is(
    trace(() => [tf.mul(x, x.dataSync()[1])], known),
    null,
  );
  t.throws(() => trace(() => { throw new Error('no'); }, known), { message: 'no' }); // prettier-ignore
  t.false(isTracing());
  t.is(tf.memory().numTensors, before);
  t.deepEqual([...tf.add(x, 1).dataSync()], [2, 3, 4], 'the engine is itself again');
});
