import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { RandomStream } from 'tfjs-flows';
import { DensityEstimator, fitHandler, InProcessQueue, Threads, type JobStatus, type Json } from '../../src/index.js';

const root = mkdtempSync(join(tmpdir(), 'fit-job-'));
const table = join(root, 'rows.csv');
const stream = new RandomStream('fit job');
const lines = Array.from({ length: 300 }, () => `${stream.nextNormal()},${5 + 2 * stream.nextNormal()}`);
writeFileSync(table, `a,b\n${lines.join('\n')}\n`);
mkdirSync(join(root, 'folder.csv'));

const threads = new Threads();
const queue = await InProcessQueue.open({ folder: join(root, 'jobs'), handlers: { fit: fitHandler(threads) } });
test.after.always(async () => {
  await queue.close();
  await threads.close();
  rmSync(root, { recursive: true });
});

async function fit(input: Json, seen: JobStatus[] = []): Promise<JobStatus> {
  const id = await queue.submit('fit', input);
  for await (const status of queue.watch(id)) seen.push(status);
  return seen.at(-1)!;
}

const options = { model: 'spline-coupling', epochs: 3, seed: 'job', timeBudget: 60 } as const;

test.serial('a model fitted in a thread is the one fitted here', async (t) => {
  const out = join(root, 'models', 'job');
  const seen: JobStatus[] = [];
  const status = await fit({ table, out, options }, seen);
  t.is(status.error, null);
  t.like(status, { state: 'done', progress: 1, result: { out, model: { model: 'spline-coupling', rows: 300 } } });
  t.true(seen.some(({ detail }) => (detail as { model?: string } | null)?.model === 'spline-coupling'));
  using fitted = await DensityEstimator.load(out);
  const rows = lines.map((line) => line.split(',').map(Number)).map(([a, b]) => ({ a, b }));
  using here = await new DensityEstimator(options).fit(rows);
  const [from, to] = [await fitted.scoreSamples(rows), await here.scoreSamples(rows)];
  from.forEach((value, row) => t.true(Math.abs(value - to[row]) < 1e-3));
  t.deepEqual(readdirSync(join(root, 'models')), ['job']);
});

test.serial('a fit that is cancelled leaves nothing', async (t) => {
  const out = join(root, 'cancelled', 'model');
  const id = await queue.submit('fit', { table, out, options: { ...options, epochs: 100_000 } });
  for await (const { progress } of queue.watch(id)) if (progress !== null) break;
  t.true(await queue.cancel(id));
  t.is((await queue.status(id))!.state, 'cancelled');
  t.deepEqual(readdirSync(join(root, 'cancelled')), []);
});

test.serial('what a fit refuses', async (t) => {
  const out = join(root, 'refused');
  const refusals: [Json, RegExp][] = [
    [{ out }, /fit job: expected \{ table, out, format\?, options\? \}/],
    [{ table, out, more: 1 }, /fit job/],
    [[], /fit job/],
    [{ table: join(root, 'nothing.csv'), out }, /nothing\.csv, which is not there/],
    [{ table: join(root, 'folder.csv'), out }, /TableFile\.open: expected a table in/],
    [{ table, out, options: { model: 'none' } }, /DensityEstimator\.model/],
    [{ table, out, options: { columns: { c: 'integer' } } }, /one of the columns "a", "b", got "c"/],
    [{ table, out: root }, /which is there already/],
  ];
  for (const [input, message] of refusals) {
    const status = await fit(input);
    t.like(status, { state: 'failed', attempts: 1 });
    t.regex(status.error!, message);
  }
  t.false(existsSync(out));
});
