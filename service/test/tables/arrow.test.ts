import test from 'ava';
import { tableFromArrays, tableToIPC, type Table } from 'apache-arrow';
import { FlowDataError, RandomStream } from 'tfjs-flows';
import { readArrow } from '../../src/tables/arrow.js';

const table = tableFromArrays({ a: Float64Array.of(1, 2, 3), b: Int32Array.of(4, 5, 6), c: ['x', 'y', 'x'] });
function rowsOf(arrow: Table): unknown[] {
  return arrow.toArray().map((row: object) => ({ ...row }));
}

const FORMATS = ['stream', 'file'] as const;

for (const format of FORMATS) {
  test(`a ${format} comes back as it was`, (t) => {
    t.deepEqual(rowsOf(readArrow(tableToIPC(table, format))), rowsOf(table));
  });

  test(`a ${format} with any one byte changed is read or refused, with little memory`, (t) => {
    const bytes = tableToIPC(table, format);
    const stream = new RandomStream(format);
    let refused = 0;
    for (let at = 0; at < bytes.length; at++) {
      const broken = bytes.slice();
      broken[at] ^= 1 + Math.floor(255 * stream.next());
      try {
        t.true(readArrow(broken, 1000).numRows <= 1000);
      } catch (error) {
        t.true(error instanceof FlowDataError || error instanceof RangeError, String(error));
        refused++;
      }
    }
    t.true(refused > bytes.length / 10);
  });

  test(`a ${format} that is cut off is refused`, (t) => {
    const bytes = tableToIPC(table, format);
    t.throws(() => readArrow(bytes.slice(0, bytes.length / 2)), { instanceOf: FlowDataError });
  });
}

test('more rows than may be', (t) => {
  t.throws(() => readArrow(tableToIPC(table, 'stream'), 2), { instanceOf: RangeError, message: '3 rows' });
});
