import test from 'ava';
import { RandomStream } from '../../src/index.js';
import { loadSimd } from '../../src/kernels/wasm/module.js';
import { Heap } from '../../src/replay/heap.js';

test.before(loadSimd);

test('blocks never overlap, come filled with zeros, and are used again', (t) => {
  const heap = new Heap();
  const stream = new RandomStream('heap');
  const blocks = new Map<number, { length: number; mark: number }>();
  for (let round = 1; round <= 2000; round++) {
    if (blocks.size > 20 || (blocks.size > 0 && stream.next() < 0.45)) {
      const [address, { length, mark }] = [...blocks][stream.nextInteger(blocks.size)];
      t.true(heap.floats(address, length).every((value) => value === mark));
      heap.free(address);
      blocks.delete(address);
    } else {
      const length = 1 + stream.nextInteger(5000);
      const address = heap.allocate(4 * length);
      t.is(address % 64, 0);
      t.true(heap.floats(address, length).every((value) => value === 0));
      heap.floats(address, length).fill(round);
      blocks.set(address, { length, mark: round });
    }
  }
  for (const address of blocks.keys()) heap.free(address);
  t.is(heap.bytes, 0);
  t.true(heap.memory.buffer.byteLength < 4 * 5000 * 21 * 4, 'gaps are used before the memory grows');
});

test('freeing twice does no harm', (t) => {
  const heap = new Heap();
  const [a, b] = [heap.allocate(100), heap.allocate(100)];
  heap.free(a);
  heap.free(a);
  t.is(heap.allocate(100), a);
  t.not(heap.allocate(100), b);
});

test('written numbers are numbers: truth values become 0 and 1, whole ones keep their bits', (t) => {
  const heap = new Heap();
  const truths = heap.write(Uint8Array.of(1, 0, 1));
  t.deepEqual([...heap.floats(truths, 3)], [1, 0, 1]);
  const whole = heap.write(Int32Array.of(7, -2));
  t.deepEqual([...new Int32Array(heap.memory.buffer, whole, 2)], [7, -2]);
});
