import test from 'ava';
import { FlowConfigError, dequantize, tableFrom } from '../../src/index.js';

const table = tableFrom(Array.from({ length: 1000 }, (_, i) => [i % 7, 2 * (i % 5), i]));

test('noise fills the cells of one column and leaves the others and the table alone', (t) => {
  const before = table.values.slice();
  const jittered = dequantize(table, { column: 1, width: 2, seed: 0 });
  t.deepEqual(table.values, before);
  let sum = 0;
  jittered.values.forEach((value, i) => {
    const shift = value - table.values[i];
    if (i % 3 !== 1) t.is(shift, 0);
    else t.true(shift >= 0 && shift <= 2);
    sum += shift;
  });
  t.true(Math.abs(sum / 1000 - 1) < 5 * (2 / Math.sqrt(12 * 1000)));
  t.deepEqual(dequantize(table, { column: 1, width: 2, seed: 0 }), jittered);
});

test('columns and widths that are not there are refused', (t) => {
  for (const column of [-1, 3, 0.5]) {
    t.throws(() => dequantize(table, { column, width: 1, seed: 0 }), {
      instanceOf: FlowConfigError,
      message: /0 to 2/,
    });
  }
  for (const width of [0, -1, NaN, Infinity]) {
    t.throws(() => dequantize(table, { column: 0, width, seed: 0 }), { instanceOf: FlowConfigError, message: /width/ });
  }
});
