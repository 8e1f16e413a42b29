import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowDataError, Standardize } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

onEachBackend(test, 'rows it was fitted to have mean 0 and deviation 1 on the base side', (t) => {
  const rows = [[1, 1000], [2, 1000.5], [6, 1001], [-1, 1001.5]]; // prettier-ignore
  using bijector = Standardize.fit(rows);
  tf.tidy(() => {
    const [z, logDet] = bijector.inverseAndLogDet(tf.tensor2d(rows));
    const { mean, variance } = tf.moments(z, 0);
    assertClose(t, mean, [0, 0], 1e-6);
    assertClose(t, variance, [3 / 4, 3 / 4], 1e-5);
    // Variances 26 / 3 and 1.25 / 3 with divisor n - 1.
    assertClose(t, logDet, Array<number>(4).fill(-0.5 * Math.log((26 / 3) * (1.25 / 3))), 1e-6);
    assertClose(t, bijector.forward(z), rows.flat(), 1e-6);
  });
  t.is(bijector.parameterCount, 0);
});

test('a large mean costs no digits of the deviation', (t) => {
  const offset = 2 ** 40;
  using bijector = Standardize.fit([[offset], [offset + 1 / 256], [offset + 2 ** 20]]);
  const { std } = bijector.getConfig() as { std: number[] };
  t.true(Math.abs(std[0] / (2 ** 20 / Math.sqrt(3)) - 1) < 1e-8);
});

const BAD_ROWS: Record<string, { rows: number[][]; message: string; at?: number[] }> = {
  'one row': { rows: [[1, 2]], message: 'expected at least two rows, got 1.' },
  'ragged rows': { rows: [[1, 2], [1]], message: 'expected 2 values in every row, got 1 in row 1.', at: [1] },
  'not a number': {
    rows: [[1, 2], [NaN, 3], [4, Infinity]], // prettier-ignore
    message: 'expected finite numbers, got others in row 1, 2.',
    at: [1, 2],
  },
  'constant columns': {
    rows: [[1, 2, 3], [1, 5, 3], [1, 9, 3]], // prettier-ignore
    message:
      'expected columns that vary, got constant values in column 0, 2. Leave these columns out: a constant has no density.',
  },
  'a column constant to float32 precision': {
    rows: [[1e6, 2], [1e6 + 1e-4, 5]], // prettier-ignore
    message:
      'expected columns that vary, got constant values in column 0. Leave these columns out: a constant has no density.',
  },
};

for (const [title, { rows, message, at }] of Object.entries(BAD_ROWS)) {
  test(`rows that cannot be standardised: ${title}`, (t) => {
    const error = t.throws(() => Standardize.fit(rows), { instanceOf: FlowDataError });
    t.is(error.message, `Standardize.fit: ${message}`);
    t.deepEqual(error.rows, at ?? []);
  });
}
