import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { RandomStream } from 'tfjs-flows';
import {
  DensityEstimator,
  InProcessQueue,
  scoreHandler,
  scorePartHandler,
  ThreadScorer,
  Threads,
  type JobStatus,
  type Json,
} from '../../src/index.js';
import { TableFile } from '../../src/tables/table-file.js';

const root = mkdtempSync(join(tmpdir(), 'score-job-'));
const model = join(root, 'model');
const csv = join(root, 'rows.csv');
const parquet = join(root, 'rows.parquet');
const jobs = join(root, 'jobs');

/** Rows with gaps, a count, and a text column that no model has seen. */
const stream = new RandomStream('score job');
const rows = Array.from({ length: 200 }, (_, i) => {
  const a = stream.nextNormal();
  return { a: i % 7 === 3 ? null : a, b: 5 + a + stream.nextNormal(), n: Math.floor(5 * stream.next()), note: `"${i}", x` };
}); // prettier-ignore
const threads = new Threads();
const handlers = { score: scoreHandler, 'score-part': scorePartHandler(threads) };
const queue = await InProcessQueue.open({ folder: jobs, handlers });
let whole: Float64Array;

test.before(async () => {
  const lines = rows.map(({ a, b, n, note }) => `${a ?? ''},${b},${n},"${note.replaceAll('"', '""')}"`);
  writeFileSync(csv, `a,b,n,note\n${lines.join('\n')}\n`);
  const file = await TableFile.open(csv);
  await file.copyTo(parquet, 'parquet');
  const table = await file.read();
  await file.close();
  const options = { model: 'spline-coupling', epochs: 1, seed: 's', missing: 'impute', samples: 4, columns: { note: 'ignore' } } as const; // prettier-ignore
  using estimator = await new DensityEstimator(options).fit(table);
  whole = await estimator.scoreSamples(table);
  await estimator.save(model);
});
test.after.always(async () => {
  await queue.close();
  await threads.close();
  rmSync(root, { recursive: true });
});

async function run(input: Json): Promise<JobStatus> {
  const id = await queue.submit('score', input);
  let last: JobStatus;
  for await (const status of queue.watch(id)) last = status;
  return last!;
}

for (const [from, to] of [[parquet, 'parquet'], [csv, 'csv']] as const) {
  test.serial(`scores of parts are those of the whole: ${to}`, async (t) => {
    const out = join(root, `scored.${to}`);
    const status = await run({ model, table: from, out, partRows: 64, column: 'ln p' });
    t.is(status.error, null);
    t.like(status.result, { out, rows: 200, parts: 4 });
    const file = await TableFile.open(out);
    const { columns } = await file.read();
    await file.close();
    t.deepEqual(Object.keys(columns), ['a', 'b', 'n', 'note', 'ln p']);
    t.deepEqual(columns['note'], rows.map(({ note }) => note)); // prettier-ignore
    const scores = columns['ln p'] as Float64Array;
    scores.forEach((score, row) => t.true(Math.abs(score - whole[row]) < 1e-4 * Math.max(1, Math.abs(score)), `${row}: ${score} ${whole[row]}`)); // prettier-ignore
    const mean = whole.reduce((sum, score) => sum + score, 0) / 200;
    t.true(Math.abs((status.result as { mean: number }).mean - mean) < 1e-4);
    t.deepEqual(readdirSync(jobs).filter((name) => name.endsWith('.checkpoint')), []); // prettier-ignore
  });
} // prettier-ignore

test.serial('a thread scores pieces as the model does', async (t) => {
  const scorer = new ThreadScorer(threads, model);
  const file = await TableFile.open(parquet);
  const scores: number[] = [];
  for (const first of [0, 120]) {
    for await (const chunk of file.batches({ first, count: 120 })) scores.push(...(await scorer.score(chunk, first)));
  }
  await file.close();
  t.is(scores.length, 200);
  scores.forEach((score, row) => t.true(Math.abs(score - whole[row]) < 1e-4 * Math.max(1, Math.abs(score))));
});

test.serial('what scoring refuses', async (t) => {
  const out = join(root, 'refused.csv');
  const refusals: [Json, RegExp][] = [
    [{ model, table: csv }, /score job: expected \{ model, table, out/],
    [{ model, table: csv, out, partRows: 0 }, /partRows/],
    [{ model, table: csv, out: join(root, 'scored.xyz') }, /formatOf/],
    [{ model, table: join(root, 'none.csv'), out }, /none\.csv, which is not there/],
    [{ model, table: csv, out, column: 'b' }, /a new column, got "b"/],
    [{ model: root, table: csv, out }, /a folder with a saved estimator/],
    [{ model, table: csv, out: csv }, /which is there already/],
  ];
  for (const [input, message] of refusals) {
    const status = await run(input);
    t.is(status.state, 'failed');
    t.regex(status.error!, message);
  }
  t.false(existsSync(out));
  t.true(readFileSync(csv, 'utf8').startsWith('a,b,n,note\n'));
});
