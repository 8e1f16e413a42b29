import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  fit,
  Flow,
  FlowConfigError,
  FlowDataError,
  FlowShapeError,
  LogCholesky,
  Normal,
  RandomStream,
  ready,
  Softmax,
  StickBreaking,
  unvech,
  vech,
  type SimplexMap,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const simplexMaps = (parts: number): SimplexMap[] => [
  new StickBreaking({ parts }),
  new Softmax({ parts }),
  new Softmax({ parts, coordinates: 'additive' }),
];

onEachBackend(test, 'simplex: zero is the middle, images are points of the simplex, and the way back is exact', (t) => {
  for (const made of simplexMaps(5)) {
    using map = made;
    tf.tidy(() => {
      assertClose(t, map.forward(tf.zeros([4])), Array<number>(5).fill(0.2), 1e-6, map.className);
      const x = tf.mul(new RandomStream('x').normalTensor([20, 4]), 3);
      const y = map.forward(x);
      assertClose(t, tf.sum(y, 1), new Float32Array(20).fill(1), 1e-6, map.className);
      assertClose(t, map.inverse(y), x, 1e-4, map.className);
    });
  }
});

onEachBackend(test, 'simplex: formulas at a point worked out by hand', (t) => {
  const y = [0.5, 0.3, 0.2];
  const logs = y.map(Math.log);
  const logDet = logs.reduce((sum, value) => sum + value, 0);
  // A uniform density on the triangle is 2; of the coordinates' point of view that is exp(-log-det) more.
  const expected: [SimplexMap, number[], number][] = [
    [new StickBreaking({ parts: 3 }), [Math.log(0.5 / 0.5) + Math.log(2), Math.log(0.3 / 0.2)], Math.log(0.25) + Math.log(0.3 * 0.4)], // prettier-ignore
    [new Softmax({ parts: 3, coordinates: 'additive' }), [Math.log(2.5), Math.log(1.5)], logDet],
    [
      new Softmax({ parts: 3 }),
      [(logs[0] - logs[1]) / Math.SQRT2, (logs[0] + logs[1] - 2 * logs[2]) / Math.sqrt(6)],
      logDet + Math.log(3) / 2,
    ],
  ];
  for (const [made, coordinates, forward] of expected) {
    using map = made;
    tf.tidy(() => {
      const [x, back] = map.inverseAndLogDet(tf.tensor1d(y));
      assertClose(t, x, coordinates, 1e-6, map.className);
      assertClose(t, back, [-forward], 1e-5, map.className);
    });
  }
});

onEachBackend(test, 'simplex: a density is one with respect to all parts but the last', (t) => {
  for (const made of simplexMaps(3)) {
    using flow = new Flow({ base: Normal.standard([2]), bijector: made });
    tf.tidy(() => {
      // The middles of small squares that cover the triangle of the first two parts.
      const cells = 150;
      const points = Array.from({ length: cells * cells }, (_, k) => [(k % cells) + 0.5, Math.floor(k / cells) + 0.5])
        .map(([a, b]) => [a / cells, b / cells])
        .filter(([a, b]) => a + b < 1 - 1e-6);
      const rows = points.map(([a, b]) => [a, b, 1 - a - b]);
      const onEdge = points.map(([a, b]) => (Math.abs(a + b + 1 / cells - 1) < 1e-6 ? 0.5 : 1));
      const mass = tf.sum(tf.mul(tf.exp(flow.logProb(tf.tensor2d(rows))), onEdge)).dataSync()[0] / cells ** 2;
      t.true(Math.abs(mass - 1) < 1e-2, `${made.className}: mass ${mass}`);
    });
  }
});

onEachBackend(test, 'simplex: parts of zero have finite coordinates', (t) => {
  for (const made of simplexMaps(3)) {
    using map = made;
    tf.tidy(() => {
      const [x, logDet] = map.inverseAndLogDet(tf.tensor2d([[1, 0, 0], [0, 0, 1], [0, 0.5, 0.5]])); // prettier-ignore
      t.true(x.dataSync().every(Number.isFinite) && logDet.dataSync().every(Number.isFinite), map.className);
    });
  }
});

onEachBackend(test, 'simplex: rows off it are named, except under a gradient, where their density is zero', (t) => {
  const good = [0.2, 0.3, 0.5];
  for (const [bad, got] of [
    [[0.2, 0.3, 0.6], 'a sum of 1.1'],
    [[-0.5, 0.75, 0.75], 'a part of -0.5'],
    [[NaN, 0.5, 0.5], 'a part of NaN'],
  ] as const) {
    for (const made of simplexMaps(3)) {
      using map = made;
      const y = tf.tensor2d([good, [...bad], good, [...bad]]);
      for (const method of ['inverse', 'initialize'] as const) {
        const error = t.throws(() => map[method](y), { instanceOf: FlowDataError });
        t.is(
          error.message,
          `${map.className}.${method}: expected rows of numbers of at least 0 that sum to 1, got ${got} in row 1, and 1 such rows more. Divide each row by its sum.`,
        );
        t.deepEqual(error.rows, [1, 3]);
      }
      if (!Number.isNaN(bad[0])) {
        const seen: number[] = [];
        tf.tidy(() => tf.grad((at) => {
          const logDet = map.inverseAndLogDet(at)[1];
          seen.push(...logDet.dataSync());
          return tf.sum(logDet);
        })(y)); // prettier-ignore
        t.deepEqual(seen.map(Number.isFinite), [true, false, true, false], map.className);
      }
      y.dispose();
    }
  }
});

test.serial('simplex: a flow with coordinates of a simplex on top is fitted, and its data are checked', async (t) => {
  await ready({ backend: 'wasm' });
  const stream = new RandomStream('rows');
  const rows = Array.from({ length: 64 }, () => {
    const parts = [1, 2, 3].map((mean) => Math.exp(0.3 * stream.nextNormal() + mean));
    const sum = parts.reduce((total, part) => total + part, 0);
    return parts.map((part) => part / sum);
  });
  const flow = () =>
    new Flow({ base: new Normal({ loc: [0, 0], learnable: true }), bijector: new Softmax({ parts: 3 }) });
  using good = flow();
  const { epochs } = await fit(good, rows, { steps: 20, batchSize: 64, learningRate: 0.1 });
  t.true(epochs.at(-1)!.trainLoss < epochs[0].trainLoss - 0.5 || epochs.length === 1);
  using other = flow();
  await t.throwsAsync(fit(other, rows.map((row) => row.map((part) => part / 2)), { steps: 1, batchSize: 64 }), {
    instanceOf: FlowDataError,
    message: /^Softmax\.initialize: expected rows of numbers of at least 0 that sum to 1, got a sum of 0\.5 in row 0/,
  }); // prettier-ignore
});

onEachBackend(test, 'LogCholesky: zero is the identity matrix; a matrix worked out by hand', (t) => {
  using map = new LogCholesky({ dims: 2 });
  tf.tidy(() => {
    assertClose(t, map.forward(tf.zeros([3])), [1, 0, 0, 1], 0);
    // L = [2 0; 3 1]: A = [4 6; 6 10]. dA/dL: 2² · 2² · 1, and dL/dx: 2 · 1.
    const [a, logDet] = map.forwardAndLogDet(tf.tensor1d([Math.LN2, 3, 0]));
    assertClose(t, a, [4, 6, 6, 10], 1e-6);
    assertClose(t, logDet, [Math.log(4 * 4 * 2)], 1e-6);
    const [x, back] = map.inverseAndLogDet(tf.tensor2d([[4, 6], [6, 10]])); // prettier-ignore
    assertClose(t, x, [Math.LN2, 3, 0], 1e-5);
    assertClose(t, back, [-Math.log(32)], 1e-5);
    const far = map.forward(tf.tensor2d([[1e3, 1e4, -1e3], [-1e3, -1e4, 1e3]])); // prettier-ignore
    t.true(far.dataSync().every(Number.isFinite));
  });
});

onEachBackend(test, 'LogCholesky: a Wishart density by its formula', (t) => {
  // If Lᵢⱼ are normal below the diagonal and Lᵢᵢ² chi-squared with ν - i + 1 degrees of freedom, A is Wishart (Bartlett).
  using map = new LogCholesky({ dims: 2 });
  tf.tidy(() => {
    const a = [2.5, 0.7, 1.9];
    const nu = 5;
    const determinant = a[0] * a[2] - a[1] ** 2;
    // Γ₂(5/2) = √π Γ(5/2) Γ(2).
    const logGamma2 = 0.5 * Math.log(Math.PI) + Math.log(0.75 * Math.sqrt(Math.PI));
    const expected = ((nu - 3) / 2) * Math.log(determinant) - (a[0] + a[2]) / 2 - nu * Math.LN2 - logGamma2;
    const [x, logDet] = map.inverseAndLogDet(tf.tensor2d([[a[0], a[1]], [a[1], a[2]]])); // prettier-ignore
    const [p, q, r] = x.dataSync();
    // Log-density of log √c, c chi-squared with k degrees of freedom; Γ(5/2) = ¾ √π, Γ(2) = 1.
    const logRoot = (u: number, k: number, logGamma: number) =>
      Math.LN2 + k * u - Math.exp(2 * u) / 2 - (k / 2) * Math.LN2 - logGamma;
    const base =
      logRoot(p, nu, Math.log(0.75 * Math.sqrt(Math.PI))) + logRoot(r, nu - 1, 0) - q * q / 2 - 0.5 * Math.log(2 * Math.PI); // prettier-ignore
    assertClose(t, tf.add(logDet, base), [expected], 1e-5);
  });
});

onEachBackend(test, 'LogCholesky: matrices that are none are named', (t) => {
  using map = new LogCholesky({ dims: 2 });
  for (const [matrix, got] of [
    [
      [
        [1, 2],
        [2, 1],
      ],
      'one that is not positive definite',
    ],
    [
      [
        [0, 0],
        [0, 1],
      ],
      'one that is not positive definite',
    ],
    [
      [
        [2, 1],
        [0, 2],
      ],
      'one that is not symmetric',
    ],
    [
      [
        [NaN, 0],
        [0, 1],
      ],
      'one that is not symmetric',
    ],
  ] as const) {
    // prettier-ignore
    tf.tidy(() => {
      const y = tf.stack([tf.eye(2), tf.tensor2d(matrix.map((row) => [...row]))]);
      const error = t.throws(() => map.inverse(y), { instanceOf: FlowDataError });
      t.true(error.message.startsWith(`LogCholesky.inverse: expected symmetric positive definite matrices, got ${got} in row 1. `)); // prettier-ignore
      t.deepEqual(error.rows, [1]);
    });
  }
});

onEachBackend(test, 'vech and unvech undo each other', (t) => {
  tf.tidy(() => {
    const v = tf.tensor2d([[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]]); // prettier-ignore
    assertClose(t, tf.gather(unvech(v), 0), [1, 0, 0, 2, 3, 0, 4, 5, 6], 0);
    assertClose(t, tf.gather(unvech(v, { symmetric: true }), 1), [7, 8, 10, 8, 9, 11, 10, 11, 12], 0);
    for (const symmetric of [true, false]) assertClose(t, vech(unvech(v, { symmetric })), v, 0);
    t.deepEqual(vech(tf.zeros([2, 1, 4, 4])).shape, [2, 1, 10]);
    const slope = (x: tf.Tensor) => tf.grad((at: tf.Tensor) => tf.sum(tf.pow(unvech(at, { symmetric: true }), 3)))(x);
    const twice = tf.grad((at: tf.Tensor) => tf.sum(slope(at)))(v);
    assertClose(t, tf.gather(twice, 0), [6, 24, 18, 48, 60, 36], 1e-6, 'second derivative');
  });
  t.throws(() => unvech(tf.zeros([4])), { instanceOf: FlowShapeError, message: /^unvech: expected `v`: half-vec/ });
  t.throws(() => vech(tf.zeros([2, 3])), {
    instanceOf: FlowShapeError,
    message: /^vech: expected `a`: square matrices/,
  });
});

test('impossible sizes are refused', (t) => {
  const table: readonly [() => unknown, RegExp][] = [
    [() => new StickBreaking({ parts: 1 }), /^StickBreaking\.parts: expected/],
    [() => new Softmax({ parts: 2.5 }), /^Softmax\.parts: expected/],
    [() => new Softmax({ parts: 3, coordinates: 'clr' as 'additive' }), /^Softmax: expected coordinates: .* got 'clr'/],
    [() => new LogCholesky({ dims: 0 }), /^LogCholesky\.dims: expected/],
  ];
  for (const [build, message] of table) t.throws(build, { instanceOf: FlowConfigError, message });
});
