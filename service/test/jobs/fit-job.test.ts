import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { RandomStream } from 'tfjs-flows';
import {
  DensityEstimator,
  fitHandler,
  InProcessQueue,
  sweepHandler,
  Threads,
  type JobStatus,
  type Json,
} from '../../src/index.js';

const root = mkdtempSync(join(tmpdir(), 'fit-job-'));
const table = join(root, 'rows.csv');
const stream = new RandomStream('fit job');
const lines = Array.from({ length: 300 }, () => `${stream.nextNormal()},${5 + 2 * stream.nextNormal()}`);
writeFileSync(table, `a,b\n${lines.join('\n')}\n`);
mkdirSync(join(root, 'folder.csv'));

const threads = new Threads();
const queue = await InProcessQueue.open({
  folder: join(root, 'jobs'),
  handlers: { fit: fitHandler(threads), sweep: sweepHandler },
});
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

test.serial('a sweep finds the better of two configurations, and keeps its model', async (t) => {
  const out = join(root, 'swept', 'best');
  const correlated = join(root, 'correlated.csv');
  const pairs = lines.map((line) => line.split(',').map(Number)).map(([a, b]) => `${a},${a + 0.1 * b}`);
  writeFileSync(correlated, `a,b\n${pairs.join('\n')}\n`);
  const input = { table: correlated, out, options: { ...options, epochs: 4, model: 'spline-coupling' }, grid: { learningRate: [1e-6, 1e-2] } }; // prettier-ignore
  const id = await queue.submit('sweep', input);
  let last: JobStatus;
  for await (const status of queue.watch(id)) last = status;
  const { state, error, result } = last!;
  t.is(error, null);
  t.is(state, 'done');
  const { trials } = result as { trials: { options: Json; heldOut: number }[] };
  t.deepEqual(trials.map((trial) => trial.options), [{ learningRate: 1e-2 }, { learningRate: 1e-6 }]); // prettier-ignore
  t.true(trials[0].heldOut > trials[1].heldOut);
  using best = await DensityEstimator.load(out);
  t.is(best.report.heldOut, trials[0].heldOut);
});

test.serial('random sweeps draw different points of the grid; what sweeps refuse', async (t) => {
  const sweep = async (more: Record<string, Json>) => {
    const out = join(root, `swept-${Object.keys(more).join('-')}`);
    const input = { table, out, options: { model: 'gaussian' }, ...more };
    const id = await queue.submit('sweep', input);
    let last: JobStatus;
    for await (const status of queue.watch(id)) last = status;
    return last!;
  };
  const grid = { validation: [0.1, 0.2, 0.3], samples: [4, 8] };
  const { trials } = (await sweep({ grid, draws: 2 })).result as { trials: { options: Json }[] };
  t.is(new Set(trials.map((trial) => JSON.stringify(trial.options))).size, 2);
  t.regex((await sweep({ grid, draws: 7 })).error!, /at most 6 trials, got 7/);
  t.regex((await sweep({ grid: {} })).error!, /sweep job: expected/);
  t.regex((await sweep({ grid: { model: ['none'] } })).error!, /DensityEstimator\.model/);
});
