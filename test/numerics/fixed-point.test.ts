import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowConfigError, FlowNumericsError } from '../../src/index.js';
import { checkFixedPoint, fixedPoint, type FixedPointOptions } from '../../src/numerics/fixed-point.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

/** `x ← c cos x`, a row a number. */
const cosine = (c: Tensor) => (x: Tensor) => tf.mul(c, tf.cos(x));

onEachBackend(test, 'it is the fixed point, to the tolerance', (t) => {
  tf.tidy(() => {
    const start = tf.zeros([2, 1]);
    const { point, steps, residual } = fixedPoint('test', cosine(tf.tensor2d([[1], [0.5]])), start, {});
    // The Dottie number, and the root of x = cos(x) / 2.
    assertClose(t, point, [0.7390851, 0.4501836], 5e-6);
    t.true(steps < 60 && residual < 4e-6, `${steps} steps, residual ${residual}`);
    const rough = fixedPoint('test', cosine(tf.tensor2d([[1], [0.5]])), start, { tolerance: 0.01 });
    t.true(rough.steps < steps && rough.residual > residual);
  });
});

onEachBackend(test, 'rows do not depend on their neighbours', (t) => {
  tf.tidy(() => {
    const slow = fixedPoint('test', cosine(tf.tensor2d([[0.3], [1]])), tf.zeros([2, 1]), {});
    const alone = fixedPoint('test', cosine(tf.tensor2d([[0.3]])), tf.zeros([1, 1]), {});
    t.is(slow.point.dataSync()[0], alone.point.dataSync()[0]);
  });
});

onEachBackend(test, 'what does not converge, or is no number, is named, and nothing leaks', (t) => {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const start = tf.tensor2d([[0, 0], [1, 2], [3, 4]]); // prettier-ignore
    const error = t.throws(() => fixedPoint('Some.map', (x) => tf.neg(x), start, { maxSteps: 11 }), {
      instanceOf: FlowNumericsError,
      message: /^Some\.map: expected a fixed point within 11 steps, got a residual of 4 in row 1 and 1 others unconverged\. /,
    }); // prettier-ignore
    t.is(error.row, 1);
    t.is(error.value, 4);
    const broken = tf.tensor2d([[0, 0], [NaN, 1]]); // prettier-ignore
    t.throws(() => fixedPoint('Some.map', (x) => tf.mul(x, 0.5), broken, {}), {
      instanceOf: FlowNumericsError,
      message: /^Some\.map: expected a fixed point within 8 steps, got a residual of NaN in row 1/,
    });
  });
  t.is(tf.memory().numTensors, before);
});

test('impossible options are refused', (t) => {
  const table: readonly [FixedPointOptions, RegExp][] = [
    [{ tolerance: 0 }, /^Where: expected tolerance > 0, got 0\./],
    [{ maxSteps: 0 }, /^Where: expected maxSteps: a positive integer, got 0\./],
    [{ maxSteps: 1.5 }, /^Where: expected maxSteps: a positive integer, got 1\.5\./],
  ];
  for (const [options, message] of table) {
    t.throws(() => checkFixedPoint('Where', options), { instanceOf: FlowConfigError, message });
  }
});
