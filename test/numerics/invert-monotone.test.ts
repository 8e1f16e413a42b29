import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowConfigError, FlowNumericsError } from '../../src/index.js';
import { checkInversion, invertMonotone, type Curve } from '../../src/numerics/invert-monotone.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

/** Functions with their inverses, from tame to nasty. */
const CURVES: Record<string, { readonly curve: Curve; readonly inverse: (y: number) => number }> = {
  'a line': { curve: line(2, 1), inverse: (y) => (y - 1) / 2 },
  'a steep line': { curve: line(1e6, 0), inverse: (y) => y / 1e6 },
  'a flat line': { curve: line(1e-6, 0), inverse: (y) => y * 1e6 },
  'x + x³': { curve: cubic(tf.scalar), inverse: (y) => bisect((x) => x + x ** 3, y) },
  sinh: {
    curve: (x) => ({ value: tf.mul(tf.sub(tf.exp(x), tf.exp(tf.neg(x))), 0.5), logSlope: tf.log(tf.mul(tf.add(tf.exp(x), tf.exp(tf.neg(x))), 0.5)) }), // prettier-ignore
    inverse: Math.asinh,
  },
  'a step of width 1e-3, where Newton alone runs away': {
    curve: (x) => {
      const u = tf.tanh(tf.mul(x, 1e3));
      const slope = tf.add(tf.mul(tf.sub(1, tf.square(u)), 1e3), 1e-2);
      return { value: tf.add(u, tf.mul(x, 1e-2)), logSlope: tf.log(slope) };
    },
    inverse: (y) => bisect((x) => Math.tanh(1e3 * x) + 1e-2 * x, y),
  },
  'a kink': {
    curve: (x) => ({ value: tf.where(tf.less(x, 1), x, tf.sub(tf.mul(x, 50), 49)), logSlope: tf.log(tf.where(tf.less(x, 1), tf.onesLike(x), tf.fill(x.shape, 50))) }), // prettier-ignore
    inverse: (y) => (y < 1 ? y : (y + 49) / 50),
  },
};

function line(slope: number, offset: number): Curve {
  return (x) => ({ value: tf.add(tf.mul(x, slope), offset), logSlope: tf.fill(x.shape, Math.log(slope)) });
}

/** `x + θ x³`. */
function cubic(theta: (value: number) => Tensor): Curve {
  return (x) => ({
    value: tf.add(x, tf.mul(theta(1), tf.mul(x, tf.square(x)))),
    logSlope: tf.log(tf.add(1, tf.mul(tf.mul(theta(1), 3), tf.square(x)))),
  });
}

/** In doubles. */
function bisect(f: (x: number) => number, y: number): number {
  let [low, high] = [-1e9, 1e9];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < y) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const TARGETS = [0, 0.3, -0.7, 1, 2.5, -40, 1e4, -1e4];

for (const [name, { curve, inverse }] of Object.entries(CURVES)) {
  onEachBackend(test, `${name}: roots to a few units in the last place, within 50 evaluations`, (t) => {
    let evaluations = 0;
    const counted: Curve = (x) => (evaluations++, curve(x));
    const expected = TARGETS.map((y) => inverse(Math.fround(y)));
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const { value } = invertMonotone('test', counted, tf.tensor1d(TARGETS));
      assertClose(t, value, expected, 2e-6);
      const alone = TARGETS.map((y) => invertMonotone('test', curve, tf.tensor1d([y])).value.dataSync()[0]);
      t.deepEqual(alone, [...value.dataSync()], 'rows do not depend on their neighbours');
    });
    t.true(evaluations <= 50, `${evaluations} evaluations`);
    t.is(tf.memory().numTensors, before);
  });
}

onEachBackend(test, 'derivatives of the root are those of the implicit function, to third order', (t) => {
  tf.tidy(() => {
    const target = tf.tensor1d([2, -0.5, 0.1]);
    const root = (y: Tensor) => invertMonotone('test', cubic(tf.scalar), y).value;
    const x = root(target).dataSync();
    const [first, second, third] = [root, tf.grad(root), tf.grad(tf.grad(root))].map((f) => tf.grad(f)(target));
    const slope = (v: number) => 1 + 3 * v * v;
    assertClose(t, first, x.map((v) => 1 / slope(v)), 1e-6, 'first'); // prettier-ignore
    assertClose(t, second, x.map((v) => (-6 * v) / slope(v) ** 3), 1e-6, 'second'); // prettier-ignore
    assertClose(t, third, x.map((v) => (108 * v * v) / slope(v) ** 5 - 6 / slope(v) ** 4), 1e-5, 'third'); // prettier-ignore
  });
});

onEachBackend(test, 'parameters and log-slopes are differentiated as through an unrolled search', (t) => {
  tf.tidy(() => {
    const y = tf.tensor1d([2, -0.5]);
    const implicit = (theta: Tensor) => {
      const { value, logSlope } = invertMonotone('test', cubic(() => theta), y); // prettier-ignore
      return tf.add(tf.mul(value, 3), logSlope);
    };
    const unrolled = (theta: Tensor) => {
      const curve = cubic(() => theta);
      let x: Tensor = tf.zerosLike(y);
      for (let i = 0; i < 12; i++) {
        const { value, logSlope } = curve(x);
        x = tf.sub(x, tf.div(tf.sub(value, y), tf.exp(logSlope)));
      }
      return tf.add(tf.mul(x, 3), curve(x).logSlope);
    };
    const theta = tf.tensor1d([1.3, 0.4]);
    assertClose(t, implicit(theta), unrolled(theta), 1e-6, 'values');
    assertClose(t, tf.grad(implicit)(theta), tf.grad(unrolled)(theta), 1e-5, 'first derivatives');
    assertClose(t, tf.grad(tf.grad(implicit))(theta), tf.grad(tf.grad(unrolled))(theta), 1e-4, 'second derivatives');
  });
});

onEachBackend(test, 'inside of an interval, targets beyond its ends give the ends', (t) => {
  tf.tidy(() => {
    const square: Curve = (x) => ({ value: tf.square(x), logSlope: tf.log(tf.mul(x, 2)) });
    const { value } = invertMonotone('test', square, tf.tensor1d([-1, 0, 0.25, 1, 7]), {}, [0, 1]);
    assertClose(t, value, [0, 0, 0.5, 1, 1], 3e-6);
  });
});

onEachBackend(test, 'what does not converge is named, and nothing is left behind', (t) => {
  const before = tf.memory().numTensors;
  const bounded: Curve = (x) => ({ value: tf.tanh(x), logSlope: tf.log(tf.sub(1.001, tf.square(tf.tanh(x)))) });
  const atan: Curve = (x) => ({ value: tf.atan(x), logSlope: tf.neg(tf.log(tf.add(1, tf.square(x)))) });
  const error = t.throws(
    () => tf.tidy(() => invertMonotone('Map.forward', bounded, tf.tensor1d([0.5, 3, -2]), { maxSteps: 20 }).value),
    { instanceOf: FlowNumericsError },
  );
  t.is(error.row, 1);
  t.is(error.value, -2);
  t.true(
    error.message.startsWith('Map.forward: expected a numerical inverse within 20 steps, got a residual of -2 in row 1 and 1 others unconverged. Raise `maxSteps`'), // prettier-ignore
    error.message,
  );
  // Nor is the end of float32 taken for a root.
  t.throws(() => tf.tidy(() => invertMonotone('f', atan, tf.tensor1d([0, 2])).value), {
    instanceOf: FlowNumericsError,
    message: /within 100 steps, got a residual of -0.42\d* in row 1\./,
  });
  const few = { maxSteps: 2 };
  t.throws(() => tf.tidy(() => invertMonotone('f', cubic(tf.scalar), tf.tensor1d([50]), few).value), {
    instanceOf: FlowNumericsError,
    message: /within 2 steps/,
  });
  t.throws(() => tf.tidy(() => invertMonotone('f', line(1, 0), tf.tensor1d([0, NaN])).value), {
    instanceOf: FlowNumericsError,
    message: /residual of NaN in row 1\./,
  });
  t.is(tf.memory().numTensors, before);
});

test('impossible options are refused', (t) => {
  t.throws(() => checkInversion('F', { tolerance: 0 }), { instanceOf: FlowConfigError, message: 'F: expected tolerance > 0, got 0.' }); // prettier-ignore
  for (const maxSteps of [0, 2.5, NaN]) {
    t.throws(() => checkInversion('F', { maxSteps }), { instanceOf: FlowConfigError, message: /maxSteps: a positive integer/ }); // prettier-ignore
  }
});
