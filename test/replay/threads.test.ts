import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import type { SimdCall } from '../../src/kernels/fused/wasm.js';
import { loadSimd } from '../../src/kernels/wasm/module.js';
import { Heap } from '../../src/replay/heap.js';
import { lanesOf, positionsOf } from '../../src/replay/lanes.js';
import { Threads, type Phase } from '../../src/replay/threads.js';

test.before(loadSimd);

async function started(threads: Threads): Promise<void> {
  for (let i = 0; i < 500 && !threads.ready; i++) await wait(10);
}

test('phases run one after the other, all of their tasks once, by any number of threads', async (t) => {
  const heap = new Heap();
  const threads = new Threads(heap, 1);
  const [count, rounds] = [8, 300];
  const values = heap.allocate(4 * count);
  const total = heap.allocate(4);
  const doubled = heap.allocate(4 * count);
  const add = (a: number, b: number, out: number, length: number): SimdCall =>
    ['binary', 0, a, length, 1, b, length, 1, out, 1, length]; // prettier-ignore
  const each = (task: (i: number) => SimdCall): Phase => Array.from({ length: count }, (_, i) => [task(i)]);
  const job = threads.prepare([
    each((i) => add(values + 4 * i, values + 4 * i, doubled + 4 * i, 1)),
    [[['sumAxis', doubled, total, 1, count, 1, 1]]],
    each((i) => ['copy', total, values + 4 * i, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1]),
    each((i) => ['unary', 10, values + 4 * i, values + 4 * i, 1, 0]),
  ]);
  for (const crew of [1, 2, 3, 1, 2]) {
    threads.resize(crew);
    await started(threads);
    t.is(threads.count, heap.shared ? crew : 1);
    for (let round = 0; round < rounds; round++) {
      heap.floats(values, count).set(Array.from({ length: count }, (_, i) => i + round));
      threads.run(job, round % 7 === 0);
      const sum = 2 * (28 + count * round);
      t.is(heap.floats(total, 1)[0], sum);
      t.true(heap.floats(values, count).every((value) => value === Math.fround(1 / sum)));
    }
  }
  threads.release(job);
});

test('a job that comes after a longer one is not taken for it', async (t) => {
  const heap = new Heap();
  const threads = new Threads(heap, 2);
  await started(threads);
  const at = heap.allocate(4 * 16);
  const ones = (tasks: number) =>
    threads.prepare([Array.from({ length: tasks }, (_, i): SimdCall[] => [['fill', at + 4 * i, 1, 1]])]);
  const jobs = [ones(12), ones(2), ones(7)];
  for (let round = 0; round < 3000; round++) {
    heap.floats(at, 16).fill(0);
    const tasks = [12, 2, 7][round % 3];
    threads.run(jobs[round % 3]);
    t.is(heap.floats(at, 16).reduce((sum, value) => sum + value, 0), tasks); // prettier-ignore
  }
});

test('lanes cover a batch, differ by one row at most, and follow from its size alone', (t) => {
  for (const rows of [1, 2, 127, 128, 200, 509, 512, 1000, 4096, 16384]) {
    const lanes = lanesOf(rows);
    t.is(lanes.reduce((sum, lane) => sum + lane.rows, 0), rows); // prettier-ignore
    lanes.forEach((lane, i) => t.is(lane.start, i === 0 ? 0 : lanes[i - 1].start + lanes[i - 1].rows));
    const sizes = lanes.map((lane) => lane.rows);
    t.true(Math.max(...sizes) - Math.min(...sizes) <= 1);
  }
});

test('images and sequences are cut into lanes by their pixels and tokens, of one row at least', (t) => {
  const lanes = (rows: number, eventShape: number[], parameters = 0) =>
    lanesOf(rows, parameters, positionsOf(eventShape)).map((lane) => lane.rows);
  t.deepEqual(lanes(512, [7]), [128, 128, 128, 128]);
  t.deepEqual(lanes(512, []), [128, 128, 128, 128]);
  t.deepEqual(lanes(16, [16, 16, 12]), Array(8).fill(2));
  t.deepEqual(lanes(16, [16, 16, 12], 2 ** 20), Array(4).fill(4));
  t.deepEqual(lanes(5, [64, 64, 3]), [1, 1, 1, 1, 1]);
  t.deepEqual(lanes(64, [32, 48]), [16, 16, 16, 16]);
  t.is(lanes(4096, [2, 3]).length, 16);
});

test('gradients of all lanes together stay within bounds', (t) => {
  t.is(lanesOf(4096, 2 ** 22).length, 16);
  t.is(lanesOf(4096, 2 ** 24).length, 4);
  t.is(lanesOf(4096, 2 ** 28).length, 1);
});
