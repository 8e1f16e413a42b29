import * as tf from '@tensorflow/tfjs-core';
import * as tfData from '@tensorflow/tfjs-data';
import test from 'ava';
import type { FlowError } from '../../../src/index.js';
import { FlowDataError, FlowShapeError, RandomStream, ready, type FitData } from '../../../src/index.js';
import type { MemoryTable } from '../../../src/training/data/memory-table.js';
import { readTable } from '../../../src/training/data/read.js';
import type { Batch, Table } from '../../../src/training/data/table.js';
import type { Shape } from '../../../src/shapes.js';

await ready({ backend: 'cpu' }); // the tables below hold tensors

const REALS = [-Infinity, Infinity] as const;

interface Setting {
  eventShape?: Shape;
  contextShape?: Shape | null;
  targetShape?: Shape | null;
  allowConstant?: boolean;
  training?: boolean;
  unitVectors?: [number, number];
}

function read(data: unknown, { training = true, ...setting }: Setting = {}): Promise<Table> {
  const expected = { eventShape: [2], contextShape: null, allowConstant: false, support: REALS, ...setting };
  return readTable(data as FitData, expected, { training, where: 'fit', name: 'data' });
}

async function batchesOf(table: Table, size: number, order: RandomStream | null = null, skip = 0): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of table.batches(size, order, skip)) batches.push(batch);
  return batches;
}

const ROWS = [[1, 2], [3, 4], [5, 7], [8, 9], [0, 1]]; // prettier-ignore
const FLAT = ROWS.flat();

async function* once() {
  yield* ROWS;
}

const sources: [title: string, make: () => unknown][] = [
  ['a tensor', () => tf.tensor2d(ROWS)],
  ['an int32 tensor', () => tf.tensor2d(ROWS, [5, 2], 'int32')],
  ['an array of arrays', () => ROWS],
  ['one Float32Array', () => Float32Array.from(FLAT)],
  ['one Float64Array', () => Float64Array.from(FLAT)],
  ['one Int16Array', () => Int16Array.from(FLAT)],
  ['an array of typed arrays', () => ROWS.map((row) => Float64Array.from(row))],
  ['{ x }', () => ({ x: ROWS })],
  ['a tf.data dataset of rows', () => tfData.array(ROWS.map((row) => tf.tensor1d(row)))],
  ['a tf.data dataset of batches', () => tfData.array(ROWS.map((row) => tf.tensor1d(row))).batch(2)],
  ['a generator function of rows', () => once],
  ['a function that lists batches', () => () => [ROWS.slice(0, 4), ROWS.slice(4)]],
  ['an async iterable of typed arrays', () => ({ async *[Symbol.asyncIterator]() { yield Float32Array.from(FLAT); } })], // prettier-ignore
  ['something with toArray', () => ({ toArray: async () => ROWS })],
];
for (const [title, make] of sources) {
  test.serial(`reads ${title}, again for each pass`, async (t) => {
    const table = await read(make());
    t.is(table.rows, 5);
    for (let pass = 0; pass < 2; pass++) {
      const batches = await batchesOf(table, 2);
      t.deepEqual(batches.map(({ rows }) => rows), [2, 2, 1]); // prettier-ignore
      t.deepEqual(batches.flatMap(({ x }) => [...x]), FLAT); // prettier-ignore
      t.deepEqual(batches.flatMap(({ indices }) => [...indices]), [0, 1, 2, 3, 4]); // prettier-ignore
    }
    const skipped = await batchesOf(table, 2, null, 2);
    t.deepEqual(skipped.flatMap(({ x }) => [...x]), FLAT.slice(8)); // prettier-ignore
  });
}

test.serial('all sources of the same rows have one checksum; other rows another', async (t) => {
  const digests = new Set<number>();
  for (const [, make] of sources) digests.add((await read(make())).digest);
  t.is(digests.size, 1);
  t.false(digests.has((await read(ROWS.toReversed())).digest));
});

test.serial('contexts stay with their rows', async (t) => {
  const context = ROWS.map(([a]) => [10 * a]);
  const pairs = ROWS.map((row, i) => ({ x: row, context: context[i] }));
  const setting = { contextShape: [1] };
  for (const data of [{ x: ROWS, context }, { x: ROWS, context: Float32Array.from(context.flat()) }, () => pairs]) {
    const table = await read(data, setting);
    const order = data instanceof Function ? null : new RandomStream('order');
    for (const batch of await batchesOf(table, 3, order)) {
      for (let row = 0; row < batch.rows; row++) t.is(batch.context![row], 10 * batch.x[2 * row]);
    }
  }
});

test.serial('targets stay with their rows, beside contexts and in halves of the data', async (t) => {
  const targets = ROWS.map(([a, b]) => [a - b, a + b, a]);
  const context = ROWS.map(([a]) => [10 * a]);
  const elements = ROWS.map((row, i) => ({ x: row, context: context[i], targets: targets[i] }));
  const setting = { contextShape: [1], targetShape: [3] };
  for (const data of [{ x: ROWS, context, targets: tf.tensor2d(targets) }, () => elements]) {
    const table = await read(data, setting);
    const order = data instanceof Function ? null : new RandomStream('order');
    const tables = data instanceof Function ? [table] : (table as MemoryTable).split(0.4, new RandomStream(1), 'fit');
    for (const batch of (await Promise.all(tables.map((part) => batchesOf(part, 3, order)))).flat()) {
      t.is(batch.targets!.length, 3 * batch.rows);
      for (let row = 0; row < batch.rows; row++) {
        const [a, b] = batch.x.subarray(2 * row, 2 * row + 2);
        t.deepEqual([...batch.targets!.subarray(3 * row, 3 * row + 3), batch.context![row]], [a - b, a + b, a, 10 * a]);
      }
    }
  }
  const digests = [targets, targets.toReversed()].map(async (own) => (await read({ x: ROWS, targets: own }, { targetShape: [3] })).digest); // prettier-ignore
  t.is(new Set(await Promise.all(digests)).size, 2);
});

test.serial('events of higher rank and scalars', async (t) => {
  const images = [[[1, 2], [3, 4]], [[5, 6], [7, 9]]]; // prettier-ignore
  for (const data of [images, tf.tensor3d(images), Float32Array.from(images.flat(2)), () => images]) {
    const table = await read(data, { eventShape: [2, 2] });
    t.deepEqual([...(await batchesOf(table, 2))[0].x], images.flat(2));
  }
  for (const data of [[1, 2, 3], tf.tensor1d([1, 2, 3]), () => [1, 2, 3]]) {
    t.is((await read(data, { eventShape: [] })).rows, 3);
  }
});

test.serial('a stream disposes the tensors it yields; arguments are left alone', async (t) => {
  const rows = tf.tensor2d(ROWS);
  const before = tf.memory().numTensors;
  await read(rows);
  const table = await read(() => ROWS.map((row) => tf.tensor1d(row)));
  await batchesOf(table, 2);
  t.is(tf.memory().numTensors, before);
  t.false(rows.isDisposed);
});

test.serial('a split shares the rows out', async (t) => {
  const table = (await read(ROWS)) as MemoryTable;
  const [first, second] = table.split(0.4, new RandomStream(1), 'fit.validation');
  t.deepEqual([first.rows, second.rows], [3, 2]);
  const all = [...(await batchesOf(first, 10)), ...(await batchesOf(second, 10))];
  const rows = all.flatMap(({ indices }) => [...indices]);
  t.deepEqual(rows.toSorted((a, b) => a - b), [0, 1, 2, 3, 4]); // prettier-ignore
  for (const { x, indices } of all) {
    t.deepEqual([...x], [...indices].flatMap((row) => ROWS[row])); // prettier-ignore
  }
  t.deepEqual((await batchesOf(first, 3, new RandomStream(2)))[0].indices.toSorted(), (await batchesOf(first, 3))[0].indices); // prettier-ignore
});

const TARGETS = [[1, 2], [3, 4], [5, 7], [8, 9], [0, NaN]]; // prettier-ignore
const many = Array.from({ length: 30 }, (_, i) => [i, i % 2 ? NaN : 1]);
const bad: [title: string, data: unknown, error: typeof FlowError, message: RegExp, setting?: Setting][] = [
  ['a vector', tf.tensor1d([1, 2]), FlowShapeError, /^fit: expected data of shape \[n, 2\], got \[2\]\. The first axis/],
  ['a matrix too wide', tf.ones([4, 3]), FlowShapeError, /expected data of shape \[n, 2\], got \[4, 3\]/],
  ['a tensor of rank 3', tf.ones([4, 2, 2]), FlowShapeError, /got \[4, 2, 2\]/],
  ['a tensor of texts', tf.tensor2d([['a', 'b']]), FlowDataError, /a tensor of numbers, got dtype string/],
  ['a row too short', [[1, 2], [3]], FlowShapeError, /with 2 numbers a row, shape \[..., 2\], got 1 at row 1/],
  ['a row too long', [[1, 2], [3, 4, 5]], FlowShapeError, /got 3 at row 1/],
  ['a flat list', [1, 2, 3], FlowShapeError, /got 1 at row 0/],
  ['an odd number of numbers', new Float32Array(5), FlowShapeError, /a multiple of 2 numbers.*got 5 numbers/],
  ['a NaN', [[1, 2], [3, NaN], [5, 6]], FlowDataError, /expected finite numbers in data, got NaN at row 1, column 1\. Drop/],
  ['infinities', [[1, Infinity], [-Infinity, 2]], FlowDataError, /got Infinity at row 0, column 1; -Infinity at row 1, column 0/],
  ['a number beyond float32', Float64Array.of(1, 2, 1e39, 3), FlowDataError, /Infinity at row 1, column 0.*3.4e38/],
  ['many NaNs', many, FlowDataError, /NaN at row 1, column 1; .*NaN at row 19, column 1\. /],
  ['a text', [[1, 2], ['3', 4]], FlowDataError, /expected numbers in data, got "3" at row 1, column 0/],
  ['null', [[1, null], [3, 4]], FlowDataError, /got null at row 0, column 1/],
  ['a missing row', [[1, 2], undefined], FlowDataError, /got undefined at row 1, column 0/],
  ['truth values', [[true, 1]], FlowDataError, /got true at row 0, column 0/],
  ['objects', [{ a: 1 }], FlowDataError, /got an object at row 0, column 0/],
  ['nothing', [], FlowDataError, /expected at least two rows of data, got none/],
  ['an empty tensor', tf.zeros([0, 2]), FlowDataError, /got none/],
  ['an empty stream', () => [], FlowDataError, /got none/],
  ['one row', [[1, 2]], FlowDataError, /expected at least two rows of data, got one/],
  ['a constant column', [[1, 2], [1, 3], [1, 4]], FlowDataError, /columns of data that vary, got 1 that do not: column 0 is always 1\. .*allowConstant/],
  ['targets for nothing', { x: ROWS, targets: ROWS }, FlowShapeError, /expected no targets, got some. The objective has no use/],
  ['targets that are missing', ROWS, FlowShapeError, /expected data as { x, targets }, targets of shape \[2\], got no targets. The obj/, { targetShape: [2] }],
  ['too few targets', { x: ROWS, targets: ROWS.slice(1) }, FlowShapeError, /expected one target for each of 5 rows of data, got 4/, { targetShape: [2] }],
  ['a target that is not finite', { x: ROWS, targets: TARGETS }, FlowDataError, /finite numbers in data.targets, got NaN at row 4, column 1/, { targetShape: [2] }],
  ['a text instead of rows', 'rows.csv', FlowDataError, /a tensor, an array of rows or a typed array, got "rows.csv"/],
  ['null instead of rows', null, FlowDataError, /got null/],
  ['a dataset without end', { size: Infinity, iterator: async () => null }, FlowDataError, /a dataset that ends/],
  ['bad rows in a stream', () => [[1, 2], [3, 'x']], FlowDataError, /got "x" at row 0, column 1/],
  ['NaN in a context', { x: ROWS, context: [1, 2, NaN, 4, 5] }, FlowDataError, /finite numbers in data.context, got NaN at row 2, column 0/, { contextShape: [] }],
  ['a context of another width', { x: ROWS, context: ROWS }, FlowShapeError, /data.context with 1 number a row/, { contextShape: [1] }],
  ['a context too many', { x: ROWS, context: [1, 2] }, FlowShapeError, /one context for each of 5 rows of data, got 2/, { contextShape: [] }],
  ['no context', ROWS, FlowShapeError, /as { x, context }, contexts of shape \[1\], got no context/, { contextShape: [1] }],
]; // prettier-ignore
for (const [title, data, instanceOf, message, setting] of bad) {
  test.serial(`refuses ${title}`, async (t) => {
    const tensors = tf.memory().numTensors;
    await t.throwsAsync(read(data, setting), { instanceOf, message });
    t.is(tf.memory().numTensors, tensors);
  });
}

test.serial('lists at most ten rows', async (t) => {
  const error = await t.throwsAsync(read(many), { instanceOf: FlowDataError });
  t.deepEqual((error as FlowDataError).rows, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
});

test.serial('constant columns pass when allowed, one row and constants pass for validation', async (t) => {
  t.is((await read([[1, 2], [1, 3]], { allowConstant: true })).rows, 2); // prettier-ignore
  t.is((await read([[1, 2]], { training: false })).rows, 1);
});

test.serial('more than half of the rows repeated is a warning', async (t) => {
  const warningsOf = async (distinct: number) =>
    (await read(Array.from({ length: 20 }, (_, i) => [i % distinct, -(i % distinct)]))).warnings;
  t.is((await warningsOf(10)).length, 0);
  t.regex((await warningsOf(9))[0], /11 of 20 rows of data repeat an earlier row/);
});

test.serial('an iterator that runs dry is found out', async (t) => {
  const table = await read(once());
  const error = await t.throwsAsync(batchesOf(table, 2), { instanceOf: FlowDataError });
  t.regex(error!.message, /expected 5 rows in every pass over data, as in the first, got 0/);
});

const SPHERES = { eventShape: [2, 3], unitVectors: [1, 3] as [number, number] };
/** Two bodies a row: a number and a point of the circle each. */
const POINTS = [[5, 0.6, 0.8, 6, 1, 0], [7, 0, -1.0004, 8, 0.5996, 0.8002], [9, -0.8, 0.6, 1, 0, 1]]; // prettier-ignore

for (const [title, make] of [
  ['in memory', () => Float32Array.from(POINTS.flat())],
  ['in a stream', () => () => [Float32Array.from(POINTS.flat())]],
] as const) {
  test.serial(`unit vectors, ${title}, are normalised within the tolerance`, async (t) => {
    const table = await read(make(), SPHERES);
    const [{ x }] = await batchesOf(table, 3);
    for (let i = 1; i < x.length; i += 3) t.true(Math.abs(Math.hypot(x[i], x[i + 1]) - 1) < 1e-7);
    t.is(x[0], 5);
    t.is(x[9], 8);
  });

  test.serial(`unit vectors, ${title}: rows beyond it are named`, async (t) => {
    const rows = POINTS.flat();
    rows[7] = 0.2;
    rows[17] = 0;
    const source = title === 'in memory' ? Float32Array.from(rows) : () => [Float32Array.from(rows)];
    const error = await t.throwsAsync<FlowDataError>(read(source, SPHERES), { instanceOf: FlowDataError });
    t.deepEqual(error.rows, [1, 2]);
    t.regex(error.message, /unit vectors in coordinates 1 to 2 of the last axis of data.*1\.0202 at row 1, column 1; 0 at row 2, column 4/); // prettier-ignore
  });
}
