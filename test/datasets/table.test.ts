import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import {
  FlowDataError,
  FlowShapeError,
  distinctRows,
  filterRows,
  ready,
  rowOf,
  selectRows,
  tableFrom,
  tensorOf,
} from '../../src/index.js';

const table = tableFrom([
  [1, 2],
  [3, 4],
  [1, 2],
  [5, 6],
]);

test('rows go in and come out', (t) => {
  t.is(table.rows, 4);
  t.is(table.columns, 2);
  t.deepEqual([...rowOf(table, 1)], [3, 4]);
  t.deepEqual([...selectRows(table, [3, 0]).values], [5, 6, 1, 2]);
  t.deepEqual([...filterRows(table, ([x]) => x > 2).values], [3, 4, 5, 6]);
  t.deepEqual([...distinctRows(table).values], [1, 2, 3, 4, 5, 6]);
});

test('a tensor holds the same numbers', async (t) => {
  await ready({ backend: 'cpu' });
  const before = tf.memory().numTensors;
  const tensor = tensorOf(table);
  t.deepEqual(tensor.shape, [4, 2]);
  t.deepEqual([...tensor.dataSync()], [...table.values]);
  tensor.dispose();
  t.is(tf.memory().numTensors, before);
});

test('ragged, empty and gappy rows are refused', (t) => {
  t.throws(() => tableFrom([]), { instanceOf: FlowDataError, message: /at least one row/ });
  t.throws(() => tableFrom([[1, 2], [3]]), { instanceOf: FlowShapeError, message: /2 numbers.*1 in row 1/ });
  const error = t.throws(() => tableFrom([[1, 2], [3, NaN]]), { instanceOf: FlowDataError, message: /column 1/ }); // prettier-ignore
  t.deepEqual(error?.rows, [1]);
});
