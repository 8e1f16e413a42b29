import test from 'ava';
import { FlowConfigError, FlowDataError } from 'tfjs-flows';
import { ColumnCoder } from '../../src/columns/coder.js';
import { inferSpec } from '../../src/columns/infer.js';
import type { ColumnSpec } from '../../src/columns/spec.js';
import { TableCoder } from '../../src/columns/table-coder.js';
import { tableOf, type TableInput } from '../../src/tables/table-of.js';

const SPECS: readonly { spec: ColumnSpec; values: readonly number[] }[] = [
  { spec: { kind: 'continuous' }, values: [-3e4, 0, 0.25, 1e9] },
  { spec: { kind: 'positive' }, values: [1e-6, 0.5, 1, 4e7] },
  { spec: { kind: 'bounded', low: -2, high: 3 }, values: [-1.99, -1, 0.5, 2.9] },
  { spec: { kind: 'integer' }, values: [-7, 0, 12] },
  { spec: { kind: 'integer', low: 0 }, values: [0, 1, 2, 1000] },
  { spec: { kind: 'integer', low: 1, high: 6 }, values: [1, 3, 6] },
  { spec: { kind: 'continuous', step: 0.1 }, values: [-0.3, 0, 12.7] },
];

for (const { spec, values } of SPECS) {
  const name = JSON.stringify(spec);
  test(`${name}: values come back, and slopes are those of differences`, (t) => {
    const coder = new ColumnCoder({ name: 'x', spec, location: 0.3, scale: 1.7 });
    for (const value of values) {
      const [back] = coder.column([coder.line(value, 0.5)]) as Float64Array;
      t.true(Math.abs(back - value) <= 1e-9 * (1 + Math.abs(value)), `${value} comes back as ${back}`);
      for (const u of coder.step > 0 ? [0.2, 0.8] : [0.5]) {
        const h = 1e-5 * Math.max(Math.abs(value), coder.step, 1e-3);
        const shifted = new ColumnCoder({ name: 'x', spec, location: 0.3, scale: 1.7 });
        const slope = (shifted.line(value + h, u) - shifted.line(value - h, u)) / (2 * h);
        t.true(Math.abs(Math.log(slope) - coder.logSlope(value, u)) < 1e-4, `slope at ${value}`);
      }
    }
  });
}

test('categories are numbered, and draws are levels', (t) => {
  const coder = ColumnCoder.fitted('colour', { kind: 'category', levels: ['blue', 'red', 'white'] }, [
    'red',
    'blue',
    'red',
  ]);
  t.deepEqual([...coder.numbers(['white', null, 'blue'])], [2, NaN, 0]);
  t.deepEqual(coder.column([-1e9, coder.line(1, 0.01), coder.line(1, 0.99), 1e9]), ['blue', 'red', 'red', 'white']);
});

test('kinds are inferred from values', (t) => {
  const kind = (values: number[]) => inferSpec('x', Float64Array.from(values));
  t.deepEqual(kind([1, 2, 5, NaN]), { kind: 'integer', low: 0 });
  t.deepEqual(kind([-1, 2, 5]), { kind: 'integer' });
  t.deepEqual(kind([0.5, -2.25, 3.125]), { kind: 'continuous' });
  t.deepEqual(kind(Array.from({ length: 100 }, (_, i) => Math.exp(i / 12 + 0.01))), { kind: 'positive' });
  t.deepEqual(kind(Array.from({ length: 100 }, (_, i) => (i % 7) / 10 - 0.2)), { kind: 'continuous', step: 0.1 });
  t.deepEqual(inferSpec('x', ['b', 'a', null, 'b']), { kind: 'category', levels: ['a', 'b'] });
  t.deepEqual(inferSpec('x', Float64Array.of(3, 1, 3), 'category'), { kind: 'category', levels: ['1', '3'] });
});

test('columns that cannot be read are refused by name', (t) => {
  const refused = (
    act: () => unknown,
    message: string,
    of: typeof FlowDataError | typeof FlowConfigError = FlowDataError,
  ) => t.is(t.throws(act, { instanceOf: of }).message, message);
  const coder = (spec: ColumnSpec) => new ColumnCoder({ name: 'age', spec, location: 0, scale: 1 });
  refused(
    () => coder({ kind: 'positive' }).numbers(Float64Array.of(1, 0)),
    'column "age": expected positive numbers, got 0 in row 1.',
  );
  refused(
    () => coder({ kind: 'integer', low: 0 }).numbers(Float64Array.of(-1)),
    'column "age": expected whole numbers from 0, got -1 in row 0.',
  );
  refused(
    () => coder({ kind: 'integer' }).numbers(Float64Array.of(1.5)),
    'column "age": expected whole numbers, got 1.5 in row 0.',
  );
  refused(
    () => coder({ kind: 'continuous' }).numbers(Float64Array.of(0, Infinity)),
    'column "age": expected finite numbers, got Infinity in row 1.',
  );
  refused(
    () => coder({ kind: 'category', levels: ['a', 'b'] }).numbers(['a', 'c']),
    'column "age": expected one of "a", "b", got "c" in row 1.',
  );
  refused(() => inferSpec('age', Float64Array.of(NaN)), 'column "age": expected some values, got none.');
  refused(
    () => inferSpec('age', Float64Array.of(1), 'bounded'),
    'column "age": expected bounds, got none. Give `{ kind: \'bounded\', low, high }`.',
    FlowConfigError,
  );
  const table = tableOf({ a: [1, 2, 3], b: [1, 1, 1] });
  refused(
    () => TableCoder.fitted(table, { conditionOn: ['c'] }),
    'DensityEstimator: expected one of the columns "a", "b", got "c".',
    FlowConfigError,
  );
  refused(
    () => TableCoder.fitted(table, { columns: { a: 'ignore' } }),
    'DensityEstimator.fit: expected a column to model, of more than one value, got constant columns: b.',
  );
  refused(
    () => TableCoder.fitted(table, { columns: { a: { kind: 'bounded', low: 2, high: 1 } } }),
    'columns.a: expected low < high, got 2 and 1.',
    FlowConfigError,
  );
  const fitted = TableCoder.fitted(table, {});
  refused(
    () => fitted.numbers(tableOf({ a: [1], b: [2] })),
    'column "b": expected 1, the only value in the rows trained on, got 2 in row 0.',
  );
});

test('rows, records and columns are one table', (t) => {
  const expected = { rowCount: 2, columns: { x0: Float64Array.of(1, 3), x1: Float64Array.of(2, NaN) } };
  t.deepEqual(tableOf([[1, 2], [3, NaN]]), expected); // prettier-ignore
  t.deepEqual(tableOf([{ x0: 1, x1: 2 }, { x0: 3, x1: null }]), expected); // prettier-ignore
  t.deepEqual(tableOf({ x0: [1, 3], x1: new Float32Array([2, NaN]) }), expected);
  t.deepEqual(tableOf({ on: [true, false, null], name: ['a', 1, undefined] }).columns, {
    on: Float64Array.of(1, 0, NaN),
    name: ['a', '1', null],
  });
  const message = (input: unknown) => t.throws(() => tableOf(input as TableInput)).message;
  t.is(message({ a: [1], b: [1, 2] }), 'tableOf: expected 1 values in column "b", as in "a", got 2.');
  t.is(message([[1, 2], [3]]), 'tableOf: expected rows of 2 numbers, got 1 values in row 1.');
  t.is(message([]), 'tableOf: expected at least one column, got none.');
  t.is(message({ a: [1, {}] }), 'tableOf: expected numbers or text in column "a", got an object.');
});
