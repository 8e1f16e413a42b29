import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  checkDivergence,
  FlowConfigError,
  FlowShapeError,
  gaussianProbes,
  hutchPlusPlus,
  hutchPlusPlusProbes,
  MLPField,
  probesFor,
  RadialField,
  rademacherProbes,
  RandomStream,
  ratesWith,
  type DivergenceOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { LinearField, shake } from './samples.js';

const TIME = [[0.4]];

/** Mean and variance of estimates. */
function moments(values: ArrayLike<number>): { mean: number; variance: number } {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  return { mean, variance: list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (list.length - 1) };
}

/** `rows` estimates of the trace and of the squared Frobenius norm of a field at one point. */
function estimates(field: MLPField | LinearField, options: DivergenceOptions, rows: number, seed: string) {
  return tf.tidy(() => {
    const point = new RandomStream('point').normalTensor([1, field.dims]);
    const z = tf.tile(point, [rows, 1]);
    const noise = probesFor(options, new RandomStream(seed), rows, field.dims);
    const [, trace, norm] = ratesWith(field, options, tf.tensor2d(TIME), z, null, noise, ['divergence', 'jacobian']);
    return { trace: Float32Array.from(trace.dataSync()), norm: Float32Array.from(norm.dataSync()) };
  });
}

onEachBackend(test, 'estimates have the exact trace and norm as their means', (t) => {
  const field = new MLPField({ dims: 4, hidden: [8] });
  shake(field, 0.5);
  const exact = estimates(field, { estimator: 'exact' }, 1, 'none');
  const rows = 4000;
  for (const estimator of ['rademacher', 'gaussian', 'hutch++'] as const) {
    for (const probes of [1, 2]) {
      const found = estimates(field, { estimator, probes }, rows, `${estimator} ${probes}`);
      for (const what of ['trace', 'norm'] as const) {
        const { mean, variance } = moments(found[what]);
        const deviations = (mean - exact[what][0]) / Math.sqrt(variance / rows);
        t.true(Math.abs(deviations) < 3, `${estimator} ${probes}, ${what}: ${deviations} sigma`);
      }
    }
  }
  field.dispose();
});

onEachBackend(test, 'random signs have no variance where the Jacobian is diagonal; normal numbers have', (t) => {
  const field = new LinearField([[2, 0, 0], [0, -1, 0], [0, 0, 0.5]]); // prettier-ignore
  const signs = estimates(field, { estimator: 'rademacher' }, 200, 'signs');
  t.true(signs.trace.every((value) => Math.abs(value - 1.5) < 1e-6));
  const normal = estimates(field, { estimator: 'gaussian' }, 2000, 'normal');
  // Var v·Av = 2 |A|²_F for normal v and symmetric A.
  t.true(Math.abs(moments(normal.trace).variance / (2 * 5.25) - 1) < 0.25);
  field.dispose();
});

onEachBackend(test, 'hutch++ is exact where the rank is at most the number of probes', (t) => {
  // Sum of two outer products, a and b of length 5.
  const [a, b, c, d] = [[1, -2, 0.5, 0, 1], [0.3, 1, 1, -1, 0], [0, 1, 2, 1, -1], [1, 1, 0, 0.5, -0.5]]; // prettier-ignore
  const matrix = a.map((_, i) => b.map((_, j) => a[i] * b[j] + c[i] * d[j]));
  const trace = matrix.reduce((sum, row, i) => sum + row[i], 0);
  const field = new LinearField(matrix);
  // Sketches that are nearly dependent lose some digits.
  for (const probes of [2, 3, 5]) {
    const found = estimates(field, { estimator: 'hutch++', probes }, 50, 'low rank');
    assertClose(t, found.trace, Array<number>(50).fill(trace), 2e-4, `${probes} probes`);
  }
  const one = moments(estimates(field, { estimator: 'hutch++', probes: 1 }, 200, 'low rank').trace);
  t.true(one.variance > 0.01);
  field.dispose();
});

onEachBackend(test, 'hutch++ varies less than as many products spent on random signs', (t) => {
  // Eigenvalues fall off quickly; the matrix is not diagonal.
  const dims = 12;
  const tilt = (i: number, j: number) => (i === j ? 1 : 0) - 2 / dims;
  const matrix = Array.from({ length: dims }, (_, i) =>
    Array.from({ length: dims }, (_, j) => {
      let sum = 0;
      for (let k = 0; k < dims; k++) sum += tilt(i, k) * 2 ** -k * tilt(j, k);
      return sum;
    }),
  );
  const field = new LinearField(matrix);
  const signs = moments(estimates(field, { estimator: 'rademacher', probes: 12 }, 500, 'signs').trace);
  const better = moments(estimates(field, { estimator: 'hutch++', probes: 4 }, 500, 'hutch').trace);
  t.true(better.variance < signs.variance / 4, `${better.variance} and ${signs.variance}`);
  field.dispose();
});

onEachBackend(test, 'hutch++ probes are an orthogonal basis and what is orthogonal to it', (t) => {
  tf.tidy(() => {
    const field = new MLPField({ dims: 6, hidden: [8] });
    const stream = new RandomStream('basis');
    const [rows, count] = [3, 2];
    const noise = rademacherProbes(stream, rows, 2 * count, 6);
    const probes = hutchPlusPlusProbes(field, tf.tensor2d(TIME), stream.normalTensor([rows, 6]), null, noise);
    const products = tf.matMul(probes, probes, false, true).dataSync();
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < 2 * count; j++) {
          const expected = i === j ? 2 * count : 0;
          t.true(Math.abs(products[(row * 2 * count + i) * 2 * count + j] - expected) < 1e-5);
        }
      }
    }
    field.dispose();
  });
});

onEachBackend(test, 'hutch++ gives a gradient whose mean is that of the exact divergence', (t) => {
  const field = new MLPField({ dims: 4, hidden: [6] });
  shake(field, 0.5);
  const kernel = field.parameters.find(({ path }) => path === 'dense0.kernel')!.variable;
  const rows = 3000;
  const gradient = (estimator: 'exact' | 'hutch++') =>
    tf.tidy(() => {
      const z = tf.tile(new RandomStream('point').normalTensor([1, 4]), [rows, 1]);
      const noise = probesFor({ estimator }, new RandomStream('noise'), rows, 4);
      const loss = () => tf.mean<tf.Scalar>(ratesWith(field, { estimator }, tf.tensor2d(TIME), z, null, noise, ['divergence'])[1]); // prettier-ignore
      return tf.variableGrads(loss, [kernel]).grads[kernel.name].dataSync().slice();
    });
  const [exact, estimate] = [gradient('exact'), gradient('hutch++')];
  const size = Math.hypot(...exact);
  const error = Math.hypot(...exact.map((value, i) => value - estimate[i]));
  t.true(error < 0.1 * size, `${error} of ${size}`);
  field.dispose();
});

onEachBackend(test, 'hutch++ takes a Jacobian of zero, and rows without points', (t) => {
  tf.tidy(() => {
    const field = new MLPField({ dims: 3, hidden: [4], initialOutput: 'zero' });
    const noise = probesFor({ estimator: 'hutch++', probes: 2 }, new RandomStream(1), 2, 3)!;
    const [velocity, divergence] = hutchPlusPlus(field, tf.tensor2d(TIME), tf.zeros([2, 3]), null, noise);
    assertClose(t, velocity, tf.zeros([2, 3]), 0);
    assertClose(t, divergence, [0, 0], 0);
    const none = tf.zeros([0, 4, 3]);
    const [, empty] = ratesWith(field, { estimator: 'hutch++' }, tf.tensor2d(TIME), tf.zeros([0, 3]), null, none, ['divergence']); // prettier-ignore
    t.deepEqual(empty.shape, [0]);
    field.dispose();
  });
});

onEachBackend(test, 'a trace in closed form makes any estimator exact', (t) => {
  tf.tidy(() => {
    const field = new RadialField({ points: 3, spatialDims: 2 });
    const z = new RandomStream(2).normalTensor([2, 6]);
    const [, exact] = field.rates(tf.tensor2d(TIME), z, null, null, ['divergence']);
    for (const estimator of ['rademacher', 'hutch++'] as const) {
      const noise = probesFor({ estimator }, new RandomStream(1), 2, 6);
      const [, found] = ratesWith(field, { estimator }, tf.tensor2d(TIME), z, null, noise, ['divergence']);
      assertClose(t, found, exact, 0);
    }
    field.dispose();
  });
});

onEachBackend(test, 'probes have the shapes and second moments they promise, and leave nothing behind', (t) => {
  const before = tf.memory().numTensors;
  const [rows, count, dims] = [2000, 2, 3];
  for (const draw of [rademacherProbes, gaussianProbes]) {
    const probes = draw(new RandomStream('probes'), rows, count, dims);
    t.deepEqual(probes.shape, [rows, count, dims]);
    tf.tidy(() => {
      const flat = tf.reshape(probes, [rows * count, dims]);
      const moment = tf.div(tf.matMul(flat, flat, true), rows * count);
      assertClose(t, moment, tf.eye(dims), 0.08, draw.name);
    });
    probes.dispose();
  }
  t.is(probesFor({}, new RandomStream(1), 2, 3), null);
  const shapes = (['rademacher', 'gaussian', 'hutch++'] as const).map((estimator) => {
    const probes = probesFor({ estimator, probes: 2 }, new RandomStream(1), 5, 3)!;
    probes.dispose();
    return probes.shape;
  });
  t.deepEqual(shapes, [[5, 2, 3], [5, 2, 3], [5, 4, 3]]); // prettier-ignore
  const field = new LinearField([[1, 2], [3, 4]]); // prettier-ignore
  const [time, z] = [tf.zeros([1, 1]), tf.ones([3, 2])];
  const noise = rademacherProbes(new RandomStream(1), 3, 2, 2);
  const held = tf.memory().numTensors;
  tf.dispose(hutchPlusPlus(field, time, z, null, noise));
  t.is(tf.memory().numTensors, held);
  tf.dispose([time, z, noise]);
  field.dispose();
  t.is(tf.memory().numTensors, before);
});

test('options of the divergence are completed and checked', (t) => {
  t.deepEqual(checkDivergence('Where.divergence'), { estimator: 'exact', probes: 1 });
  t.deepEqual(checkDivergence('Where.divergence', { estimator: 'hutch++', probes: 3 }), {
    estimator: 'hutch++',
    probes: 3,
  });
  const refuse = (options: object, message: string) => {
    const error = t.throws(() => checkDivergence('Where.divergence', options), { instanceOf: FlowConfigError });
    t.true(error.message.startsWith(message), error.message);
  };
  refuse({ estimator: 'hutchinson' }, 'Where.divergence.estimator: expected one of exact, rademacher');
  refuse({ probes: 0 }, 'Where.divergence.probes: expected a positive integer, got 0.');
});

test.serial('an odd number of directions is no noise for hutch++', (t) => {
  tf.tidy(() => {
    const field = new LinearField([[1]]);
    const call = () => hutchPlusPlusProbes(field, tf.zeros([1, 1]), tf.zeros([2, 1]), null, tf.zeros([2, 3, 1]));
    t.throws(call, {
      instanceOf: FlowShapeError,
      message: /^hutchPlusPlusProbes: expected noise of shape \[2, 2K, 1\]/,
    });
    field.dispose();
  });
});
