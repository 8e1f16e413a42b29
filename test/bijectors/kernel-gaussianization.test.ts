import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowConfigError, FlowDataError, KernelGaussianization, RandomStream, Rotation } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

/** One coordinate with two modes, one skewed, one constant. */
function skewedRows(n: number): Float32Array {
  const stream = new RandomStream('rows');
  return Float32Array.from({ length: 3 * n }, (_, i) => {
    const noise = stream.nextNormal();
    if (i % 3 === 0) return (stream.next() < 0.3 ? -2 : 1) + 0.3 * noise;
    return i % 3 === 1 ? Math.exp(0.7 * noise) : 5;
  });
}

onEachBackend(test, 'data make each coordinate nearly standard normal before any training', (t) => {
  using layer = new KernelGaussianization({ dims: 3, components: 30 });
  tf.tidy(() => {
    const data = tf.tensor2d(skewedRows(500), [500, 3]);
    layer.initialize(data);
    const z = layer.inverse(data);
    const { mean, variance } = tf.moments(z, 0);
    assertClose(t, tf.slice(mean, [0], [2]), [0, 0], 0.03, 'means');
    assertClose(t, tf.slice(variance, [0], [2]), [1, 1], 0.06, 'variances');
    // Fourth moments: 3 for a normal variable; the data have 1.7 and 13.
    const fourth = tf.div(tf.mean(tf.pow(tf.sub(z, mean), 4), 0), tf.square(variance));
    assertClose(t, tf.slice(fourth, [0], [2]), [3, 3], 0.4, 'fourth moments');
    assertClose(t, tf.slice(z, [0, 2], [-1, 1]), new Float32Array(500), 1e-5, 'what is constant lies in the middle');
    const some = tf.slice(z, [0, 0], [20, 3]);
    assertClose(t, layer.forward(some), tf.slice(data, [0, 0], [20, 3]), 1e-4, 'round trip');
  });
});

onEachBackend(test, 'outliers and points in a gap are rare, not impossible', (t) => {
  using layer = new KernelGaussianization({ dims: 1, components: 16 });
  tf.tidy(() => {
    const rows = Float32Array.from(new RandomStream('modes').normal(400), (z, i) => (i % 2 ? 10 : 0) + z / 10);
    layer.initialize(tf.tensor2d([...rows, 40], [401, 1]));
    const [z, logDet] = layer.inverseAndLogDet(tf.tensor2d([40, 5], [2, 1]));
    const [outlier, gap] = z.dataSync();
    t.true(outlier > 1.5 && outlier < 4, `the largest of 401 rows lies at ${outlier}`);
    t.true(Math.abs(gap) < 0.5, `the middle between two modes lies at ${gap}`);
    for (const value of logDet.dataSync()) t.true(value > -15, `a density of exp ${value}`);
  });
});

onEachBackend(test, 'only the first data count', (t) => {
  using layer = new KernelGaussianization({ dims: 1, components: 5 });
  tf.tidy(() => {
    const x = tf.tensor2d([0.5, 2, 3], [3, 1]);
    layer.initialize(tf.tensor2d([1, 2, 3, 4], [4, 1]));
    const before = layer.inverse(x);
    layer.initialize(tf.tensor2d([10, 20, 30, 40], [4, 1]));
    assertClose(t, layer.inverse(x), before, 0);
  });
});

onEachBackend(test, 'too few rows are refused', (t) => {
  using layer = new KernelGaussianization({ dims: 2 });
  tf.tidy(() => {
    const error = t.throws(() => layer.initialize(tf.zeros([1, 2])), { instanceOf: FlowDataError });
    t.is(error.message, 'KernelGaussianization.initialize: expected at least two rows, got 1.');
  });
});

onEachBackend(test, 'a rotation keeps lengths and angles, and follows its seed', (t) => {
  using rotation = new Rotation({ dims: 4, seed: 'a' });
  using twin = new Rotation({ dims: 4, seed: 'a' });
  using other = new Rotation({ dims: 4, seed: 'b' });
  tf.tidy(() => {
    const basis = tf.eye(4);
    const image = rotation.forward(basis);
    assertClose(t, tf.matMul(image, image, false, true), basis, 1e-6);
    t.deepEqual(twin.forward(basis).dataSync(), image.dataSync());
    t.notDeepEqual(other.forward(basis).dataSync(), image.dataSync());
  });
});

test('impossible options are refused', (t) => {
  t.throws(() => new KernelGaussianization({ dims: 0 }), { instanceOf: FlowConfigError, message: /^KernelGaussianization\.dims: / }); // prettier-ignore
  t.throws(() => new KernelGaussianization({ dims: 1, components: 0 }), { instanceOf: FlowConfigError });
  t.throws(() => new Rotation({ dims: 1.5 }), { instanceOf: FlowConfigError, message: /^Rotation\.dims: / });
});
