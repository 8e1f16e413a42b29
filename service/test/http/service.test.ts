import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow';
import { DensityEstimator, packModel, unpackModel, startServer } from '../../src/index.js';
import { csvOf, fittedModel, rowsOf, Service } from './fixture.js';

const inputs = new Service();
mkdirSync(join(inputs.root, 'tables', 'deep'), { recursive: true });
const service = new Service({
  inputs: join(inputs.root, 'tables'),
  limits: { rows: 500, body: 200_000, upload: 300_000, jobs: 3 },
});
const model = join(service.root, 'model');
const rows = rowsOf(40, 'to score');
let scores: number[];
let archive: Uint8Array<ArrayBuffer>;

interface Job {
  readonly id: string;
  readonly state: string;
  readonly error: string | null;
  readonly result: { readonly version: number; readonly rows: number; readonly model: { readonly rows: number } };
}

test.before(async () => {
  await fittedModel(model);
  using estimator = await DensityEstimator.load(model);
  scores = Array.from(await estimator.scoreSamples(rows));
  const pieces: Buffer[] = [];
  for await (const piece of packModel(model)) pieces.push(piece as Buffer);
  archive = new Uint8Array(Buffer.concat(pieces));
  await service.start();
});
test.after.always(async () => {
  await service.remove();
  await inputs.remove();
});

function near(t: ExecutionContext, got: ArrayLike<number>, want: ArrayLike<number>): void {
  t.is(got.length, want.length);
  Array.from(want).forEach((value, i) => t.true(Math.abs(got[i] - value) < 1e-4, `${got[i]} and ${value}`));
}

test.serial('a model that is uploaded is listed, described, asked, downloaded as it came, and deleted', async (t) => {
  const uploaded = await service.post('/models/up', archive, 'application/gzip');
  t.is(uploaded.status, 201);
  t.is(uploaded.headers.get('location'), '/models/up/versions/1');
  t.is((await service.post('/models/up', archive, 'application/gzip')).status, 201);
  const { models } = await service.json<{ models: { name: string; version: number }[] }>(service.ask('/models'));
  t.like(models, [{ name: 'up', version: 2, rows: 300, model: 'spline-coupling' }]);
  t.like(await service.json(service.ask('/models/up')), { version: 2, description: { rows: 300 }, versions: [{ version: 1 }, { version: 2 }] }); // prettier-ignore
  const back = await (await service.ask('/models/up/versions/1/archive')).arrayBuffer();
  const folder = join(service.root, 'back');
  await unpackModel(new Blob([back]).stream() as unknown as Readable, folder, 1e8);
  using estimator = await DensityEstimator.load(folder);
  t.deepEqual(Array.from(await estimator.scoreSamples(rows)), scores);
  t.is((await service.ask('/models/up/versions/2', { method: 'DELETE' })).status, 204);
  t.like(await service.json(service.ask('/models/up')), { version: 1 });
  // A version is not given twice.
  t.like(await service.json(service.post('/models/up', archive, 'application/gzip')), { version: 3 });
  t.is((await service.ask('/models/up', { method: 'DELETE' })).status, 204);
  t.is((await service.ask('/models/up')).status, 404);
  t.deepEqual(readdirSync(join(service.data, 'models')), []);
  t.is((await service.post('/models/demo', archive, 'application/gzip')).status, 201);
});

test.serial('log-densities of rows as JSON, columns, lines, CSV and Arrow are those of the estimator', async (t) => {
  const columns = { a: rows.map(({ a }) => a), b: rows.map(({ b }) => b), c: rows.map(({ c }) => c) };
  for (const body of [{ rows }, { columns }]) {
    near(t, (await service.json<{ logProb: number[] }>(service.post('/models/demo/log-prob', body))).logProb, scores);
  }
  const csv = service.post('/models/demo/log-prob', csvOf(rows), 'text/csv');
  near(t, (await service.json<{ logProb: number[] }>(csv)).logProb, scores);
  const lines = rows.map((row) => JSON.stringify(row)).join('\n');
  const streamed = await (await service.post('/models/demo/log-prob', lines, 'application/x-ndjson')).text();
  near(t, streamed.trim().split('\n').map((line) => (JSON.parse(line) as { logProb: number }).logProb), scores); // prettier-ignore
  for (const kind of ['stream', 'file'] as const) {
    const bytes = new Uint8Array(tableToIPC(tableFromArrays({ a: Float64Array.from(columns.a), b: Float64Array.from(columns.b), c: columns.c }), kind)); // prettier-ignore
    const type = `application/vnd.apache.arrow.${kind}`;
    const answer = await service.post('/models/demo/log-prob?anomaly=true', bytes, type, { accept: 'application/vnd.apache.arrow.stream' }); // prettier-ignore
    const table = tableFromIPC(new Uint8Array(await answer.arrayBuffer()));
    near(t, table.getChild('logProb')!.toArray() as Float64Array, scores);
    t.true(Array.from(table.getChild('anomaly')!.toArray() as Float64Array).every((share) => share >= 0 && share <= 1));
  }
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const score = await service.json<{ rows: number; mean: number }>(service.post('/models/demo/score', { rows }));
  t.is(score.rows, rows.length);
  t.true(Math.abs(score.mean - mean) < 1e-4);
});

test.serial('many requests at once get their own scores, with bad rows among them and with gaps', async (t) => {
  const answers = await Promise.all(
    rows.flatMap((row, i) => [
      service.post('/models/demo/log-prob', { rows: [row] }).then(async (answer) => {
        near(t, ((await answer.json()) as { logProb: number[] }).logProb, [scores[i]]);
        return 200;
      }),
      service.post('/models/demo/log-prob', { rows: [{ ...row, c: 'none' }] }).then(({ status }) => status),
      service.post('/models/demo/log-prob', { rows: [{ ...row, b: null }] }).then(({ status }) => status),
    ]),
  );
  t.deepEqual(answers, rows.flatMap(() => [200, 400, 200])); // prettier-ignore
});

test.serial('draws repeat by their seed, keep what is given, and come in three forms', async (t) => {
  interface Draws { readonly columns: { readonly a: number[]; readonly b: number[]; readonly c: string[] } } // prettier-ignore
  const draw = (body: object) => service.json<Draws>(service.post('/models/demo/sample', body));
  const first = await draw({ count: 20, seed: 'one' });
  t.deepEqual(await draw({ count: 20, seed: 'one' }), first);
  t.notDeepEqual(await draw({ count: 20, seed: 'two' }), first);
  t.true(first.columns.b.every((value) => value > 0));
  const given = await draw({ count: 5, given: [{ c: 'y', a: 0.25 }] });
  t.deepEqual(given.columns.c, ['y', 'y', 'y', 'y', 'y']);
  t.deepEqual(given.columns.a, [0.25, 0.25, 0.25, 0.25, 0.25]);
  const lines = await (await service.post('/models/demo/sample', { count: 3, seed: 'one' }, 'application/json', { accept: 'application/x-ndjson' })).text(); // prettier-ignore
  t.is((JSON.parse(lines.split('\n')[0]) as { a: number }).a, first.columns.a[0]);
  t.is(lines.trim().split('\n').length, 3);
});

test.serial('clients of the open inference protocol are answered', async (t) => {
  t.like(await service.json(service.ask('/v2')), { name: 'tfjs-flows', extensions: [] });
  t.is((await service.ask('/v2/health/ready')).status, 200);
  t.deepEqual(await service.json(service.ask('/v2/models/demo/ready')), { name: 'demo', ready: true });
  const metadata = await service.json(service.ask('/v2/models/demo'));
  t.like(metadata, { versions: ['1'], inputs: [{ name: 'a', datatype: 'FP64', shape: [-1] }, { name: 'b' }, { name: 'c', datatype: 'BYTES' }] }); // prettier-ignore
  const tensors = [
    { name: 'a', shape: [40], datatype: 'FP64', data: rows.map(({ a }) => a) },
    { name: 'b', shape: [40, 1], datatype: 'FP32', data: rows.map(({ b }) => [b]) },
    { name: 'c', shape: [40], datatype: 'BYTES', data: rows.map(({ c }) => c) },
  ];
  interface Inferred { readonly outputs: { readonly name: string; readonly data: number[] }[] } // prettier-ignore
  const inferred = await service.json<Inferred>(service.post('/v2/models/demo/versions/1/infer', { id: '42', inputs: tensors, outputs: [{ name: 'anomaly' }, { name: 'log_prob' }] })); // prettier-ignore
  t.like(inferred, { id: '42', model_name: 'demo', model_version: '1' });
  t.deepEqual(inferred.outputs.map(({ name }) => name), ['anomaly', 'log_prob']); // prettier-ignore
  near(t, inferred.outputs[1].data, scores);
  const refused = [
    { inputs: [] },
    { inputs: [{ ...tensors[0], shape: [39] }, tensors[1], tensors[2]] },
    { inputs: [{ ...tensors[0], shape: [20, 2] }, tensors[1], tensors[2]] },
    { inputs: [{ ...tensors[0], datatype: 'COMPLEX' }, tensors[1], tensors[2]] },
    { inputs: [{ ...tensors[0], datatype: 'BYTES' }, tensors[1], tensors[2]] },
    { inputs: tensors, outputs: [{ name: 'gradient' }] },
  ];
  for (const body of refused) t.is((await service.post('/v2/models/demo/infer', body)).status, 400);
});

test.serial(
  'a table that is uploaded is fitted, watched, published; large tables are scored and drawn as jobs',
  async (t) => {
    const table = csvOf(rowsOf(300, 'uploaded'));
    const accepted = await service.upload(
      '/jobs/fit',
      { model: 'job', options: { model: 'spline-coupling', epochs: 2 } },
      table,
    );
    t.is(accepted.status, 202);
    const { id } = (await accepted.json()) as Job;
    t.like(await service.ended(id), { id, state: 'done', result: { version: 1, model: { rows: 300 } } });
    t.like(await service.json(service.ask('/models/job')), { name: 'job', version: 1 });
    t.deepEqual(readdirSync(join(service.data, 'work', id)), ['request.json']);

    const scored = await service.json<Job>(
      service.upload('/jobs/score', { model: 'demo', to: 'csv', column: 'lp' }, csvOf(rows)),
    );
    t.like(await service.ended(scored.id), { state: 'done', result: { rows: 40 } });
    const [header, ...lines] = (await (await service.ask(`/jobs/${scored.id}/result`)).text()).trim().split('\n');
    t.is(header.trim(), 'a,b,c,lp');
    near(t, lines.map((line) => Number(line.split(',')[3])), scores); // prettier-ignore

    const draws = async (seed: number) => {
      const job = await service.json<Job>(service.post('/jobs/sample', { model: 'demo', count: 70_000, seed, to: 'csv' })); // prettier-ignore
      t.like(await service.ended(job.id), { state: 'done', result: { rows: 70_000 } });
      const text = await (await service.ask(`/jobs/${job.id}/result`)).text();
      t.is(text.trim().split('\n').length, 70_001);
      t.is((await service.ask(`/jobs/${job.id}`, { method: 'DELETE' })).status, 204);
      t.is((await service.ask(`/jobs/${job.id}`)).status, 404);
      return createHash('sha256').update(text).digest('hex');
    };
    t.is(await draws(1), await draws(1));
  },
);

test.serial('a job is cancelled; jobs in excess are told to come back', async (t) => {
  const request = { model: 'long', options: { model: 'spline-coupling', epochs: 100_000, timeBudget: 600 } };
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const accepted = await service.upload('/jobs/fit', request, csvOf(rows));
    t.is(accepted.status, 202);
    ids.push(((await accepted.json()) as Job).id);
  }
  const refused = await service.upload('/jobs/fit', request, csvOf(rows));
  t.is(refused.status, 429);
  t.true(Number(refused.headers.get('retry-after')) > 0);
  for (const id of ids) t.is((await service.ask(`/jobs/${id}`, { method: 'DELETE' })).status, 204);
  for (const id of ids) t.like(await service.ended(id), { state: 'cancelled' });
  t.is((await service.ask('/models/long')).status, 404);
});

test.serial('tables are named inside the open folder alone', async (t) => {
  const folder = join(inputs.root, 'tables');
  writeFileSync(join(folder, 'deep', 'rows.csv'), csvOf(rows));
  writeFileSync(join(inputs.root, 'secret.csv'), csvOf(rows));
  symlinkSync(join(inputs.root, 'secret.csv'), join(folder, 'link.csv'));
  const accepted = await service.json<Job>(service.post('/jobs/score', { model: 'demo', table: 'deep/rows.csv' }));
  t.like(await service.ended(accepted.id), { state: 'done' });
  const before = readdirSync(join(service.data, 'work')).length;
  for (const [table, status] of [
    ['../secret.csv', 404],
    ['link.csv', 404],
    [join(inputs.root, 'secret.csv'), 404],
    ['deep/../../secret.csv', 404],
    ['deep', 404],
    ['.', 404],
    ['deep/*.csv', 400],
    ['nothing.csv', 404],
    ['http://127.0.0.1:1/rows.csv', 404],
    ['', 400],
  ] as const) {
    t.is((await service.post('/jobs/score', { model: 'demo', table })).status, status, table);
  }
  t.is(readdirSync(join(service.data, 'work')).length, before);
});

test.serial('what is asked wrongly is told so', async (t) => {
  const many = Array.from({ length: 501 }, () => ({ a: 1, b: 1, c: 'x' }));
  const refusals: [Promise<Response>, number, RegExp][] = [
    [service.ask('/nothing'), 404, /There is no GET \/nothing/],
    [service.ask('/models/none'), 404, /no model "none"/],
    [service.ask('/models/..%2f..%2fetc'), 400, /name/],
    [service.ask('/models/demo/versions/0'), 400, /version/],
    [service.ask('/jobs/job-none'), 400, /id/],
    [service.post('/models/demo/log-prob', '{"rows": [', 'application/json'), 400, /JSON/],
    [service.post('/models/demo/log-prob', {}), 400, /rows/],
    [service.post('/models/demo/log-prob', { rows: [] }), 400, /at least one column/],
        [service.post('/models/demo/log-prob', { rows: [{ a: { deep: 1 }, b: 1, c: 'x' }] }), 400, /rows/],
    [service.post('/models/demo/log-prob', { rows: [{ a: 1, b: -1, c: 'x' }] }), 400, /positive.*row 0/],
    [service.post('/models/demo/log-prob', { rows: many }), 413, /At most 500 rows/],
    [service.post('/models/demo/log-prob', 'x'.repeat(300_000)), 413, /./],
    [service.post('/models/demo/log-prob', '{"a":1}\nnonsense', 'application/x-ndjson'), 400, /Line 2/],
    [service.post('/models/demo/log-prob', '{"__proto__":{"a":1}}', 'application/x-ndjson'), 400, /Line 1/],
    [service.post('/models/demo/log-prob', 'no arrow', 'application/vnd.apache.arrow.stream'), 400, /./],
    [service.post('/models/demo/log-prob', '<rows/>', 'text/xml'), 415, /./],
    [service.post('/models/demo/log-prob', { rows }, 'application/json', { accept: 'image/png' }), 406, /application\/json/],
    [service.post('/models/demo/sample', { count: 501 }), 413, /submit a job/],
    [service.post('/models/demo/sample', { count: 0 }), 400, /count/],
    [service.post('/models/demo/sample', { count: 2, given: [{ c: 'x' }, { c: 'x' }, { c: 'y' }] }), 400, /one given row, or 2/],
    [service.post('/models/a%20b', archive, 'application/gzip'), 400, /name/],
    [service.post('/models/new', 'no archive', 'application/gzip'), 400, /\.tar\.gz of a model/],
    [service.post('/models/new', { a: 1 }), 415, /./],
    [service.post('/jobs/fit', { model: 'x' }), 400, /Name a `table`/],
    [service.post('/jobs/fit', { model: 'x', table: 'deep/rows.csv', options: { model: 'magic' } }), 400, /options\/model/],
    [service.upload('/jobs/fit', { model: '../x' }, csvOf(rows)), 400, /model/],
    [service.upload('/jobs/fit', { model: 'x' }, csvOf(rows), 'rows.docx'), 400, /a file named/],
    [service.upload('/jobs/fit', { model: 'x' }, 'y'.repeat(400_000)), 413, /At most|at most/],
    [service.post('/jobs/sample', { model: 'none', count: 1 }), 404, /none/],
  ]; // prettier-ignore
  for (const [answer, status, detail] of refusals) {
    const { status: got, headers } = await answer;
    const problem = (await (await answer).json()) as { detail: string; status: number };
    t.is(got, status, JSON.stringify(problem));
    t.regex(problem.detail, detail);
    t.is(headers.get('content-type'), 'application/problem+json; charset=utf-8');
  }
});

test.serial('a row of no density at all is null in JSON', async (t) => {
  const far = { rows: [{ a: 1e308, b: 1, c: 'x' }, rows[0]] };
  const { logProb } = await service.json<{ logProb: number[] }>(service.post('/models/demo/log-prob', far));
  t.is(logProb[0], null as unknown as number);
  near(t, [logProb[1]], [scores[0]]);
});

test.serial('the page, its scripts, the description of requests and the metrics are there', async (t) => {
  for (const path of [
    '/',
    '/page.js',
    '/charts.js',
    '/plotly/plotly-cartesian.min.js',
    '/papaparse/papaparse.min.js',
    '/docs/',
  ]) {
    t.is((await service.ask(path)).status, 200, path);
  }
  for (const path of [
    '/plotly/package.json',
    '/papaparse/package.json',
    '/..%2fpackage.json',
    '/%2e%2e/package.json',
  ]) {
    const answer = await service.ask(path);
    t.not(answer.status, 200, path);
    await answer.text();
  }
  const description = await service.json<{ openapi: string; paths: Record<string, unknown> }>(
    service.ask('/docs/json'),
  );
  t.is(description.openapi, '3.1.0');
  for (const path of ['/models/{name}/log-prob', '/jobs/fit', '/v2/models/{name}/infer'])
    t.true(path in description.paths);
  const metrics = await (await service.ask('/metrics')).text();
  t.regex(metrics, /tfjs_flows_rows_scored_total [1-9]/);
  t.regex(metrics, /tfjs_flows_request_seconds_count\{method="POST",route="\/models\/:name\/log-prob",status="200"\}/);
});

test.serial(
  'a second server is refused the folder, and after the first has ended it goes on with what there is',
  async (t) => {
    await t.throwsAsync(startServer({ data: service.data, port: 0 }), {
      message: /a folder that nobody holds/,
    });
    await service.stop();
    await service.start();
    t.is((await service.ask('/models/demo')).status, 200);
    const { jobs } = await service.json<{ jobs: Job[] }>(service.ask('/jobs'));
    t.true(jobs.some(({ state }) => state === 'done'));
    t.regex(readFileSync(join(service.data, 'registry.sqlite')).subarray(0, 15).toString(), /^SQLite format 3/);
  },
);
