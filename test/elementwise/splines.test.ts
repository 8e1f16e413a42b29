import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  CubicSpline,
  cubicSpline,
  FlowConfigError,
  FlowShapeError,
  LinearSpline,
  linearSpline,
  QuadraticSpline,
  quadraticSpline,
  RandomStream,
  type ElementwiseTransform,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const CLASSES = [LinearSpline, QuadraticSpline, CubicSpline] as const;

const SAMPLES = CLASSES.flatMap((Class) =>
  Class.samples.map((build, i) => ({ name: `${Class.className} sample ${i}`, build })),
);

/** The box of a sample, from its options. */
function boxOf(spline: ElementwiseTransform): readonly [number, number] {
  const { tailBound = 3, interval } = spline.getConfig() as { tailBound?: number; interval?: [number, number] };
  return interval ?? [-tailBound, tailBound];
}

/** Points well inside of the box, with random parameters of the given spread. */
function randomCase(spline: ElementwiseTransform, n: number, spread = 1): [x: Tensor, raw: Tensor] {
  const stream = new RandomStream('spline');
  const [low, high] = boxOf(spline);
  const margin = 0.02 * (high - low);
  const x = stream.split('x').uniformTensor([n], low + margin, high - margin);
  return [x, tf.mul(stream.split('raw').normalTensor([n, spline.parameterCount]), spread)];
}

/** `n` points evenly over the box and a fifth of its length beyond, and one row of parameters for all of them. */
function gridCase(spline: ElementwiseTransform, n: number, row: ArrayLike<number>): [x: Tensor, raw: Tensor] {
  const [low, high] = boxOf(spline);
  const beyond = 0.2 * (high - low);
  const raw = tf.tile(tf.tensor2d(Float32Array.from(row), [1, row.length]), [n, 1]);
  return [tf.linspace(low - beyond, high + beyond, n), raw];
}

for (const { name, build } of SAMPLES) {
  const spline = build();

  onEachBackend(test, `${name}: inverse and forward undo each other, log-dets cancel`, (t) => {
    tf.tidy(() => {
      const [x, raw] = randomCase(spline, 100);
      for (const [there, back] of [
        ['inverse', 'forward'],
        ['forward', 'inverse'],
      ] as const) {
        // prettier-ignore
        const a = spline[there](x, raw);
        const b = spline[back](a.value, raw);
        assertClose(t, b.value, x, 1e-5, `${there}, then ${back}`);
        assertClose(t, tf.add(a.logDet, b.logDet), new Float32Array(100), 1e-4, `log-dets, ${there} first`);
      }
    });
  });

  onEachBackend(test, `${name}: the log-det is the logarithm of the derivative, in both directions`, (t) => {
    tf.tidy(() => {
      const [x, raw] = randomCase(spline, 50);
      for (const direction of ['inverse', 'forward'] as const) {
        const slope = tf.grad((input) => spline[direction](input, raw).value)(x);
        assertClose(t, tf.log(slope), spline[direction](x, raw).logDet, 1e-4, direction);
      }
    });
  });

  onEachBackend(test, `${name}: gradients of the forward map follow from those of the inverse map`, (t) => {
    tf.tidy(() => {
      // y(x(y, θ), θ) = y and the log-dets cancel along it, whatever θ: both derivatives by θ vanish.
      const [x, raw] = randomCase(spline, 20);
      const there = (r: Tensor) => {
        const forward = spline.forward(x, r);
        const back = spline.inverse(forward.value, r);
        return tf.add(tf.mul(back.value, 3), tf.add(back.logDet, forward.logDet));
      };
      assertClose(t, tf.grad(there)(raw), new Float32Array(raw.size), 1e-4, 'by the parameters');
      assertClose(t, tf.grad((v) => {
        const forward = spline.forward(v, raw);
        return spline.inverse(forward.value, raw).value;
      })(x), new Float32Array(20).fill(1), 1e-5, 'by x'); // prettier-ignore
    });
  });

  onEachBackend(test, `${name}: gradients by the parameters agree with finite differences`, (t) => {
    tf.tidy(() => {
      const [x, raw] = randomCase(spline, 1);
      const step = 1e-2;
      for (const direction of ['inverse', 'forward'] as const) {
        const output = (r: Tensor) => tf.add(spline[direction](x, r).value, spline[direction](x, r).logDet);
        const gradient = tf.grad(output)(raw);
        const expected = Array.from({ length: raw.size }, (_, i) => {
          const change = tf.tensor2d(Array.from({ length: raw.size }, (_, j) => (i === j ? step : 0)), raw.shape as [number, number]); // prettier-ignore
          const [up, down] = [output(tf.add(raw, change)), output(tf.sub(raw, change))];
          return tf.sub(up, down).dataSync()[0] / (2 * step);
        });
        assertClose(t, gradient, expected, 1e-3, direction);
      }
    });
  });

  onEachBackend(test, `${name}: the gradient of the log-det by x can be differentiated by the parameters`, (t) => {
    tf.tidy(() => {
      const [x, raw] = randomCase(spline, 1);
      const step = 1e-2;
      for (const direction of ['inverse', 'forward'] as const) {
        // The value of the map is part of the sum because a linear spline's log-det does not depend on x.
        const score = (r: Tensor) =>
          tf.grad((v) => {
            const { value, logDet } = spline[direction](v, r);
            return tf.add(tf.square(value), logDet);
          })(x);
        const gradient = tf.grad(score)(raw);
        const expected = Array.from({ length: raw.size }, (_, i) => {
          const change = tf.tensor2d(Array.from({ length: raw.size }, (_, j) => (i === j ? step : 0)), raw.shape as [number, number]); // prettier-ignore
          const [up, down] = [score(tf.add(raw, change)), score(tf.sub(raw, change))];
          return tf.sub(up, down).dataSync()[0] / (2 * step);
        });
        assertClose(t, gradient, expected, 5e-3, direction);
      }
    });
  });

  onEachBackend(test, `${name}: continuous at the knots and at the ends of the box`, (t) => {
    tf.tidy(() => {
      const n = 4001;
      const row = new RandomStream('row').normal(spline.parameterCount);
      const [x, raw] = gridCase(spline, n, row);
      for (const direction of ['inverse', 'forward'] as const) {
        const { value, logDet } = spline[direction](x, raw);
        const [at, y, steepest] = [x.dataSync(), value.dataSync(), Math.exp(tf.max(logDet).dataSync()[0])];
        for (let i = 1; i < n; i++) {
          const allowed = 1.01 * Math.max(1, steepest) * (at[i] - at[i - 1]) + 2e-6;
          t.true(y[i] - y[i - 1] <= allowed, `${direction}: a jump of ${y[i] - y[i - 1]} at ${at[i]}`);
        }
      }
    });
  });

  onEachBackend(test, `${name}: the box is mapped onto itself`, (t) => {
    tf.tidy(() => {
      const ends = tf.tensor1d([...boxOf(spline)]);
      const raw = new RandomStream('ends').normalTensor([2, spline.parameterCount]);
      assertClose(t, spline.inverse(ends, raw).value, ends, 1e-6);
      assertClose(t, spline.forward(ends, raw).value, ends, 1e-6);
    });
  });

  onEachBackend(test, `${name}: increasing and finite for raw parameters of ±50, gradients too`, (t) => {
    tf.tidy(() => {
      const n = 301;
      for (let trial = 0; trial < 5; trial++) {
        const signs = new RandomStream(trial).uniform(spline.parameterCount).map((u) => (u < 0.5 ? -50 : 50));
        const [x, raw] = gridCase(spline, n, signs);
        for (const direction of ['inverse', 'forward'] as const) {
          const { value, logDet } = spline[direction](x, raw);
          const y = value.dataSync();
          t.true(
            y.every((v, i) => Number.isFinite(v) && (i === 0 || v >= y[i - 1] - 2e-6)),
            `${direction}, ${trial}`,
          );
          t.true(logDet.dataSync().every(Number.isFinite), `log-det, ${direction}, ${trial}`);
          const total = (v: Tensor, r: Tensor) => {
            const result = spline[direction](v, r);
            return tf.add(result.value, result.logDet);
          };
          for (const gradient of tf.grads(total)([x, raw])) t.true(gradient.dataSync().every(Number.isFinite));
        }
      }
    });
  });

  onEachBackend(test, `${name}: finite at ±1e4, and the identity there when its tails are linear`, (t) => {
    tf.tidy(() => {
      const x = tf.tensor1d([-1e4, 1e4]);
      const raw = new RandomStream('far').normalTensor([2, spline.parameterCount]);
      for (const direction of ['inverse', 'forward'] as const) {
        const { value, logDet } = spline[direction](x, raw);
        if (spline.getConfig().boundaries === 'bounded') {
          t.true([...value.dataSync(), ...logDet.dataSync()].every(Number.isFinite));
          // A straight line: distance from the end times the slope.
          const [low, high] = boxOf(spline);
          const [l, h] = tf.exp(logDet).dataSync();
          assertClose(t, value, [low + (-1e4 - low) * l, high + (1e4 - high) * h], 1e-5);
        } else {
          t.deepEqual([...value.dataSync()], [-1e4, 1e4]);
          t.deepEqual([...logDet.dataSync()], [0, 0]);
        }
      }
    });
  });

  onEachBackend(test, `${name}: its identity parameters give the identity`, (t) => {
    tf.tidy(() => {
      const [x, raw] = gridCase(spline, 101, spline.identityParameters());
      for (const direction of ['inverse', 'forward'] as const) {
        const { value, logDet } = spline[direction](x, raw);
        assertClose(t, value, x, 1e-6, direction);
        assertClose(t, logDet, new Float32Array(101), 2e-6, `${direction}, log-det`);
      }
    });
  });
}

onEachBackend(test, 'a quadratic spline meets linear tails with slope 1', (t) => {
  tf.tidy(() => {
    for (const bins of [3, 4, 8]) {
      const spline = new QuadraticSpline({ bins, tailBound: 2 });
      const raw = tf.mul(new RandomStream(bins).normalTensor([2, spline.parameterCount]), 2);
      assertClose(t, spline.inverse(tf.tensor1d([-2, 2]), raw).logDet, [0, 0], 1e-6, `${bins} bins`);
      assertClose(t, spline.forward(tf.tensor1d([-2, 2]), raw).logDet, [0, 0], 1e-6, `${bins} bins, forward`);
    }
  });
});

test('parameter counts', (t) => {
  for (const bins of [3, 8]) {
    t.is(new LinearSpline({ bins }).parameterCount, bins);
    t.is(new LinearSpline({ bins, boundaries: 'bounded' }).parameterCount, bins);
    t.is(new QuadraticSpline({ bins }).parameterCount, 2 * bins - 1);
    t.is(new QuadraticSpline({ bins, boundaries: 'bounded' }).parameterCount, 2 * bins + 1);
    t.is(new CubicSpline({ bins }).parameterCount, 2 * bins + 2);
    t.is(new CubicSpline({ bins, boundaries: 'bounded' }).parameterCount, 2 * bins + 2);
  }
});

onEachBackend(test, 'the functions take any shape, agree with the classes and leak nothing', (t) => {
  const functions = [
    [linearSpline, new LinearSpline({ bins: 4 })],
    [quadraticSpline, new QuadraticSpline({ bins: 4 })],
    [cubicSpline, new CubicSpline({ bins: 4 })],
  ] as const;
  for (const [f, spline] of functions) {
    const [x, raw] = tf.tidy(() => {
      const [flat, rows] = randomCase(spline, 6);
      return [tf.reshape(flat, [2, 3]), tf.reshape(rows, [2, 3, spline.parameterCount])];
    });
    for (const inverse of [false, true]) {
      const before = tf.memory().numTensors;
      const { value, logDet } = f(x, raw, { inverse });
      t.is(tf.memory().numTensors, before + 2);
      t.deepEqual(value.shape, [2, 3]);
      tf.tidy(() => {
        const flat = [tf.reshape(x, [6]), tf.reshape(raw, [6, spline.parameterCount])] as const;
        const expected = inverse ? spline.forward(...flat) : spline.inverse(...flat);
        assertClose(t, value, expected.value, 0);
        assertClose(t, logDet, expected.logDet, 0);
      });
      tf.dispose([value, logDet]);
    }
    tf.dispose([x, raw]);
  }
});

test('impossible options are refused', (t) => {
  const box = 'expected a finite interval with low < high (tailBound > 0), got';
  const table = [
    [LinearSpline, { bins: 0 }, 'LinearSpline: expected bins: a whole number, at least 1, got 0.'],
    [LinearSpline, { bins: 2.5 }, 'LinearSpline: expected bins: a whole number, at least 1, got 2.5.'],
    [LinearSpline, { tailBound: 0 }, `LinearSpline: ${box} [0, 0].`],
    [LinearSpline, { tailBound: Infinity }, `LinearSpline: ${box} [-Infinity, Infinity].`],
    [LinearSpline, { boundaries: 'round' }, "LinearSpline: expected boundaries: 'linear' or 'bounded', got 'round'."],
    [QuadraticSpline, { bins: 2 }, 'QuadraticSpline: expected bins: a whole number, at least 3, got 2.'],
    [QuadraticSpline, { bins: 0, boundaries: 'bounded' }, 'QuadraticSpline: expected bins: a whole number, at least 1'],
    [QuadraticSpline, { tailBound: -1 }, `QuadraticSpline: ${box} [1, -1].`],
    [
      QuadraticSpline,
      { bins: 10, minBinWidth: 0.1 },
      'QuadraticSpline: expected minBinWidth > 0 with bins · minBinWidth < 1, got 10 · 0.1 = 1. Use fewer bins',
    ],
    [QuadraticSpline, { minBinHeight: 1 }, 'QuadraticSpline: expected minBinHeight between 0 and 1, got 1.'],
    [CubicSpline, { bins: -1 }, 'CubicSpline: expected bins: a whole number, at least 1, got -1.'],
    [CubicSpline, { interval: [1, 0] }, `CubicSpline: ${box} [1, 0].`],
    [CubicSpline, { minBinWidth: 0 }, 'CubicSpline: expected minBinWidth > 0 with bins · minBinWidth < 1, got 8 · 0'],
    [CubicSpline, { minBinHeight: 0.2 }, 'CubicSpline: expected minBinHeight > 0 with bins · minBinHeight < 1'],
  ] as const;
  for (const [Class, options, message] of table) {
    const error = t.throws(() => new Class(options as never), { instanceOf: FlowConfigError });
    t.true(error.message.startsWith(message), error.message);
  }
});

onEachBackend(test, 'the functions refuse parameters that do not belong to x', (t) => {
  const zeros = (...shape: number[]) => tf.zeros(shape);
  const table = [
    [linearSpline, [2], [3, 8], 'linearSpline: expected raw of shape [2, 8], got [3, 8].'],
    [linearSpline, [2], [2], 'linearSpline: expected raw of shape [2, 2], got [2].'],
    [
      quadraticSpline,
      [2],
      [2, 8],
      'quadraticSpline: expected 2 · bins - 1 numbers in the last axis of raw, got [2, 8].',
    ],
    [cubicSpline, [2], [2, 7], 'cubicSpline: expected 2 · bins + 2 numbers in the last axis of raw, got [2, 7].'],
    [cubicSpline, [2], [2, 2], 'cubicSpline: expected 2 · bins + 2 numbers in the last axis of raw, got [2, 2].'],
  ] as const;
  for (const [f, x, raw, message] of table) {
    const error = t.throws(() => f(zeros(...x), zeros(...raw)), { instanceOf: FlowShapeError });
    t.true(error.message.startsWith(message), error.message);
  }
});
