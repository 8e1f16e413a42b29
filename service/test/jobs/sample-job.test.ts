import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { DensityEstimator, InProcessQueue, sampleHandler, samplePartHandler, Threads, type JobStatus, type Json, type Table } from '../../src/index.js'; // prettier-ignore
import { TableFile } from '../../src/tables/table-file.js';
import { rowsOf } from '../http/fixture.js';

const root = mkdtempSync(join(tmpdir(), 'sample-job-'));
const model = join(root, 'model');
const threads = new Threads();
const queue = await InProcessQueue.open({ folder: join(root, 'jobs'), handlers: { sample: sampleHandler, 'sample-part': samplePartHandler(threads) } }); // prettier-ignore

test.before(async () => {
  using estimator = new DensityEstimator({ model: 'spline-coupling', epochs: 2, conditionOn: ['c'], seed: 's' });
  await estimator.fit(rowsOf(300, 'sample job'));
  await estimator.save(model);
});
test.after.always(async () => {
  await queue.close();
  await threads.close();
  rmSync(root, { recursive: true });
});

async function run(input: Json): Promise<JobStatus> {
  const id = await queue.submit('sample', input);
  let last: JobStatus;
  for await (const status of queue.watch(id)) last = status;
  return last!;
}

async function read(path: string): Promise<Table> {
  const file = await TableFile.open(path);
  try {
    return await file.read();
  } finally {
    await file.close();
  }
}

test.serial('draws of parts follow one another, keep what is given, and repeat by their seed', async (t) => {
  const request = { model, count: 250, seed: 7, given: { c: 'y' }, partRows: 100 };
  const [first, second, other] = ['first.parquet', 'second.csv', 'other.parquet'].map((name) => join(root, name));
  const status = await run({ ...request, out: first });
  t.is(status.error, null);
  t.deepEqual(status.result, { out: first, rows: 250, parts: 3 });
  const table = await read(first);
  t.deepEqual(Object.keys(table.columns).sort(), ['a', 'b', 'c']);
  t.true(Array.from<unknown>(table.columns['c']).every((value) => value === 'y'));
  t.is(new Set(table.columns['a'] as Float64Array).size, 250, 'no part repeats another');

  await run({ ...request, out: second });
  const again = (await read(second)).columns['a'] as Float64Array;
  (table.columns['a'] as Float64Array).forEach((value, row) => t.true(Math.abs(value - again[row]) < 1e-6));
  await run({ ...request, seed: 8, out: other });
  t.notDeepEqual((await read(other)).columns['a'], table.columns['a']);

  using estimator = await DensityEstimator.load(model);
  const part = await estimator.sample(100, { seed: '7/1', given: [{ c: 'y' }] });
  t.deepEqual((table.columns['a'] as Float64Array).slice(100, 200), part.columns['a']);
});

test.serial('what drawing refuses', async (t) => {
  const out = join(root, 'there.csv');
  writeFileSync(out, 'kept');
  t.regex((await run({ model, out, count: 5, given: { c: 'x' } })).error!, /expected a new file to write, got .*there\.csv/);
  t.regex((await run({ model, out: join(root, 'no.csv'), count: 0 })).error!, /sample job: expected \{ model, out, count/);
  t.regex((await run({ model, out: join(root, 'no.csv'), count: 5 })).error!, /expected values of "c" in `given`/);
  t.false(existsSync(join(root, 'no.csv')));
}); // prettier-ignore
