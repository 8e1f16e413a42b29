import test from 'ava';
import { distinctRows } from '../../src/index.js';

test('copies go, the order stays', (t) => {
  t.deepEqual(distinctRows([[1, 2], [3, 4], [1, 2], [1, 2.5], [3, 4]]), [[1, 2], [3, 4], [1, 2.5]]); // prettier-ignore
  t.is(distinctRows([Float32Array.of(1, 2), Float32Array.of(1, 2)]).length, 1);
  t.deepEqual(distinctRows([]), []);
});
