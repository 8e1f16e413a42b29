import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  fit,
  FlowConfigError,
  FlowDataError,
  FlowShapeError,
  RandomStream,
  ready,
  realNvp,
  Whitening,
  type PrincipalAxes,
  type WhiteningOptions,
} from '../../src/index.js';
import { symmetricEigen } from '../../src/numerics/symmetric-eigen.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

/** Rows of three correlated columns. */
function correlated(count: number): number[][] {
  const stream = new RandomStream('correlated');
  return Array.from({ length: count }, () => {
    const [a, b, c] = stream.normal(3);
    return [50 + 2 * a, a - 0.5 * b, -7 + 0.1 * c + b].map(Math.fround);
  });
}

/** `Σ (x - mean)(x - mean)ᵀ / (n - 1)`. */
function covariance(x: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, 0));
  return tf.div(tf.matMul(centred, centred, true), x.shape[0] - 1);
}

for (const kind of ['pca', 'zca'] as const) {
  onEachBackend(test, `${kind}: rows it was fitted to come out white, and back`, (t) => {
    const rows = correlated(40);
    using layer = Whitening.fit(rows, { kind });
    using later = new Whitening({ dims: 3, kind });
    tf.tidy(() => {
      const x = tf.tensor2d(rows);
      const [z, logDet] = layer.inverseAndLogDet(x);
      assertClose(t, tf.mean(z, 0), [0, 0, 0], 1e-4);
      assertClose(t, covariance(z), tf.eye(3), 1e-4);
      assertClose(t, layer.forward(z), x, 1e-4);
      // det S by the rule of Sarrus, in doubles but for S itself.
      const [a, b, c, , e, f, , , i] = covariance(tf.sub(x, [50, 0, -7])).dataSync();
      const determinant = a * (e * i - f * f) - b * (b * i - f * c) + c * (b * f - e * c);
      assertClose(t, logDet, rows.map(() => -0.5 * Math.log(determinant)), 1e-4); // prettier-ignore
      if (kind === 'zca') {
        // W is symmetric: the whitening nearest to the data.
        const W = tf.sub(layer.inverse(tf.eye(3)), layer.inverse(tf.zeros([3])));
        assertClose(t, W, tf.transpose(W), 1e-4);
      }
      assertClose(t, later.inverse(x), x, 1e-5, 'the identity before it saw data');
      later.initialize(x);
      assertClose(t, later.inverse(x), z, 2e-4, 'from a tensor');
      later.initialize(tf.add(x, 1));
      assertClose(t, later.inverse(x), z, 2e-4, 'only the first data count');
    });
    t.is(layer.parameterCount, 0);
  });
}

test('eigenvalues and -vectors: known ones, a reconstruction, and multiple values', (t) => {
  const { values, vectors } = symmetricEigen([[2, 1], [1, 2]]); // prettier-ignore
  assertClose(t, values, [3, 1], 1e-15);
  assertClose(t, vectors.flat(), [1, 1, 1, -1].map((v) => v / Math.SQRT2), 1e-15); // prettier-ignore
  const stream = new RandomStream('symmetric');
  for (const n of [1, 2, 5, 12]) {
    const raw = Array.from({ length: n }, () => [...stream.normal(n)]);
    const matrix = raw.map((row, i) => row.map((value, j) => value + raw[j][i]));
    const found = symmetricEigen(matrix);
    t.true(found.values.every((value, k) => k === 0 || value <= found.values[k - 1]));
    const sum = (i: number, j: number) => found.values.reduce((s, value, k) => s + value * found.vectors[k][i] * found.vectors[k][j], 0); // prettier-ignore
    const dot = (i: number, j: number) => found.vectors[i].reduce((s, value, k) => s + value * found.vectors[j][k], 0);
    matrix.forEach((row, i) => {
      row.forEach((value, j) => {
        t.true(Math.abs(sum(i, j) - value) < 1e-13 * n, `${n}: ${i}, ${j}`);
        t.true(Math.abs(dot(i, j) - (i === j ? 1 : 0)) < 1e-14 * n);
      });
    });
  }
  t.deepEqual(symmetricEigen([[4, 0, 0], [0, 4, 0], [0, 0, 4]]).values, [4, 4, 4]); // prettier-ignore
});

test.serial('a flow takes it from the training data in the place of a standardisation', async (t) => {
  await ready({ backend: 'wasm' });
  const rows = correlated(60);
  for (const standardize of ['pca', 'zca'] as const) {
    using flow = realNvp({ dims: 3, layers: 2, hidden: [8], standardize });
    const before = tf.memory().numTensors;
    await fit(flow, rows, { steps: 1, learningRate: 1e-6 });
    t.is(tf.memory().numTensors, before);
    using fitted = Whitening.fit(rows, { kind: standardize });
    tf.tidy(() => {
      const x = tf.tensor2d(rows);
      // The layers still are the identity.
      assertClose(t, flow.inverse(x), fitted.inverse(x), 1e-3);
    });
  }
});

onEachBackend(test, 'directions without variance keep their unit, and a ridge lends them some', (t) => {
  const rows = [[1, 2], [2, 4], [4, 8], [-1, -2]]; // prettier-ignore
  t.throws(() => Whitening.fit(rows), {
    instanceOf: FlowDataError,
    message: /^Whitening.fit: expected rows that vary in all directions, got none of variance in 1 of 2/,
  });
  tf.tidy(() => {
    using layer = new Whitening({ dims: 2 });
    layer.initialize(tf.tensor2d(rows));
    const z = layer.inverse(tf.tensor2d(rows));
    assertClose(t, tf.sum(tf.abs(tf.slice(z, [0, 1], [4, 1]))), [0], 1e-5);
    // Covariance [[13/3, 26/3], [26/3, 52/3]]: variances 65/3 and 0, and the ridge adds 65/6 to both.
    using ridged = Whitening.fit(rows, { ridge: 1 });
    const [, logDet] = ridged.inverseAndLogDet(tf.zeros([2]));
    assertClose(t, logDet, [-0.5 * Math.log((65 / 2) * (65 / 6))], 1e-5);
  });
});

test('options and data that make no whitening are refused', (t) => {
  const given: PrincipalAxes = { mean: [0, 0], axes: [[1, 0], [0, 1]], deviations: [1, 1] }; // prettier-ignore
  const refuse = (options: Partial<WhiteningOptions>, message: RegExp) =>
    t.throws(() => new Whitening({ dims: 2, ...options }), { instanceOf: FlowConfigError, message });
  refuse({ dims: 0 }, /^Whitening.dims: expected a positive integer/);
  refuse({ kind: 'cholesky' as never }, /^Whitening.kind: expected 'pca' or 'zca', got 'cholesky'/);
  refuse({ ridge: -1 }, /^Whitening.ridge: expected a number of at least 0, got -1/);
  refuse({ given: { ...given, mean: [0] } }, /^Whitening.given.mean/);
  refuse({ given: { ...given, deviations: [1, 0] } }, /^Whitening.given.deviations: .* 0 at index 1/);
  refuse({ given: { ...given, axes: [[1, 0]] } }, /^Whitening.given.axes: expected 2 orthonormal axes/);
  refuse({ given: { ...given, axes: [[1, 0.1], [0, 1]] } }, /^Whitening.given.axes/); // prettier-ignore
  const data = { instanceOf: FlowDataError };
  t.throws(() => Whitening.fit([[1, 2]]), { ...data, message: /^Whitening.fit: expected at least two rows, got 1/ });
  t.throws(() => Whitening.fit([[1, 2], [3, NaN]]), { ...data, message: /finite numbers, got others in row 1/ }); // prettier-ignore
  t.throws(() => Whitening.fit([[1, 2], [3]]), { ...data, message: /2 values in every row, got 1 in row 1/ }); // prettier-ignore
  using layer = new Whitening({ dims: 2 });
  const [single, wrong, bad] = [tf.zeros([1, 2]), tf.zeros([4, 3]), tf.tensor2d([[1, 2], [Infinity, 3]])]; // prettier-ignore
  t.throws(() => layer.initialize(single), { ...data, message: /at least two rows, got 1/ });
  t.throws(() => layer.initialize(bad), { ...data, message: /Infinity in row 1/ });
  t.throws(() => layer.initialize(wrong), { instanceOf: FlowShapeError });
  tf.dispose([single, wrong, bad]);
});
