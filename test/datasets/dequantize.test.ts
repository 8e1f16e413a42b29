import test from 'ava';
import { FlowConfigError, dequantize } from '../../src/index.js';

const rows = Array.from({ length: 1000 }, (_, i) => [i % 7, 2 * (i % 5), i]);

test('noise fills the cells of one column and leaves the others and the rows given alone', (t) => {
  const jittered = dequantize(rows, { column: 1, width: 2, seed: 0 });
  let sum = 0;
  jittered.forEach((row, i) => {
    t.deepEqual(row.with(1, rows[i][1]), rows[i]);
    const shift = row[1] - 2 * (i % 5);
    t.true(shift >= 0 && shift < 2);
    sum += shift;
  });
  t.true(Math.abs(sum / 1000 - 1) < 5 * (2 / Math.sqrt(12 * 1000)));
  t.deepEqual(dequantize(rows, { column: 1, width: 2, seed: 0 }), jittered);
});

test('columns and widths that are not there are refused', (t) => {
  for (const column of [-1, 3, 0.5]) {
    t.throws(() => dequantize(rows, { column, width: 1, seed: 0 }), {
      instanceOf: FlowConfigError,
      message: /0 to 2/,
    });
  }
  for (const width of [0, -1, NaN, Infinity]) {
    t.throws(() => dequantize(rows, { column: 0, width, seed: 0 }), { instanceOf: FlowConfigError, message: /width/ });
  }
  t.throws(() => dequantize([], { column: 0, width: 1, seed: 0 }), { instanceOf: FlowConfigError, message: /one row/ });
});
