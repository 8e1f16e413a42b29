import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { FlowConfigError, FlowDataError } from 'tfjs-flows';
import { RedisQueue } from '../../src/jobs/redis-queue.js';
import { RedisWorker } from '../../src/jobs/redis-worker.js';
import type { JobQueue, JobStatus } from '../../src/index.js';
import { RedisServer } from './redis-server.js';

const CHILD = fileURLToPath(new URL('redis-child.js', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'redis-'));
let server: RedisServer;

test.before(async () => {
  server = await RedisServer.start(root);
});
test.after.always(async () => {
  await server?.kill();
  rmSync(root, { recursive: true });
});

async function endOf(queue: JobQueue, id: string): Promise<JobStatus> {
  let last: JobStatus | null = null;
  for await (const status of queue.watch(id)) last = status;
  return last!;
}

test.serial('jobs, their progress, results, refusals and cancellation', async (t) => {
  const { url } = server;
  const queue = new RedisQueue({ url, name: 'plain' });
  let runs = 0;
  let started = () => {};
  const begun = new Promise<void>((resolve) => (started = resolve));
  const worker = new RedisWorker({
    url,
    name: 'plain',
    folder: join(root, 'plain'),
    handlers: {
      double: async ({ input, progress, checkpoint }) => {
        runs++;
        t.true(existsSync(checkpoint));
        progress(0.5, { half: true });
        return 2 * (input as number);
      },
      refused: async () => {
        throw new FlowDataError('table', { expected: 'rows', got: 'none' });
      },
      sum: async ({ input, fork }) => {
        const parts = (await fork('double', input as number[])) as number[];
        return parts.reduce((a, b) => a + b, 0);
      },
      outer: async ({ fork }) => fork('refused', [1]),
      forever: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          started();
        }),
    },
  });
  t.teardown(async () => {
    await worker.close();
    await queue.close();
  });
  await queue.submit('double', 21, { id: 'one' });
  t.like(await endOf(queue, 'one'), {
    kind: 'double',
    state: 'done',
    progress: 1,
    result: 42,
    error: null,
    attempts: 1,
  });
  await queue.submit('double', 21, { id: 'one' });
  t.is((await queue.status('one'))!.state, 'done');
  t.is(runs, 1);
  t.like(await endOf(queue, await queue.submit('refused', null)), { state: 'failed', error: 'table: expected rows, got none.', attempts: 1 }); // prettier-ignore
  t.like(await endOf(queue, await queue.submit('sum', [1, 2, 3])), { state: 'done', result: 12 });
  const outer = await endOf(queue, await queue.submit('outer', null));
  t.is(outer.state, 'failed');
  t.regex(outer.error!, /table: expected rows/);
  const unknown = await endOf(queue, await queue.submit('unknown', null));
  t.is(unknown.error, 'No handler of "unknown" jobs is here.');
  await queue.submit('forever', null, { id: 'forever' });
  await begun;
  t.true(await queue.cancel('forever'));
  t.is((await endOf(queue, 'forever')).state, 'cancelled');
  t.false(await queue.cancel('forever'));
  t.is(await queue.status('nothing'), null);
  t.is((await queue.list({ kind: 'double', state: 'done' })).length, 4);
  await t.throwsAsync(queue.submit('double', 1, { id: '../up' }), { instanceOf: FlowConfigError });
  t.throws(() => new RedisQueue({ url: 'http://nowhere' }), { instanceOf: FlowConfigError });
  await worker.close();
  t.deepEqual(readdirSync(join(root, 'plain')), []);
});

test.serial('a worker and Redis itself are killed mid-job: each part is there once', async (t) => {
  const folder = join(root, 'work');
  mkdirSync(folder);
  const work = () => spawn(process.execPath, [CHILD, server.url, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const children = [work(), work()];
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  const queue = new RedisQueue({ url: server.url });
  await queue.submit('split', 16, { id: 'split' });
  const pieces = () => readdirSync(folder).filter((name) => name.startsWith('piece-'));
  const until = async (count: number) => {
    while (pieces().length < count) await sleep(20);
  };
  await until(2);
  children[0].kill('SIGKILL');
  await until(4);
  await server.kill();
  await sleep(300);
  await server.start();
  const status = await endOf(queue, 'split');
  children[1].kill('SIGKILL');
  await queue.close();
  t.is(status.error, null);
  t.is(status.state, 'done');
  const expected = Array.from({ length: 16 }, (_, i) => i);
  t.deepEqual(status.result, expected);
  t.is(pieces().length, 16);
  for (const i of expected) t.is(readFileSync(join(folder, `piece-${i}`), 'utf8'), `whole ${i}`);
  const workers = new Set(readFileSync(join(folder, 'log'), 'utf8').trim().split('\n').map((line) => line.split(' ')[1])); // prettier-ignore
  t.is(workers.size, 2);
});

test.serial('`tfjs-flows work` fits and scores', async (t) => {
  const [table, model, out] = ['rows.csv', 'model', 'scored.csv'].map((name) => join(root, name));
  const rows = Array.from({ length: 60 }, (_, i) => `${Math.sin(i)},${Math.cos(2 * i) + Math.sin(i)}`);
  writeFileSync(table, `a,b\n${rows.join('\n')}\n`);
  const args = ['work', '--redis', server.url, '--queue', 'cli', '--folder', join(root, 'cli')];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'inherit' });
  const queue = new RedisQueue({ url: server.url, name: 'cli' });
  t.teardown(() => queue.close());
  const fit = await endOf(queue, await queue.submit('fit', { table, out: model, options: { model: 'gaussian' } }));
  t.like(fit, { state: 'done', error: null });
  const score = await endOf(queue, await queue.submit('score', { model, table, out, partRows: 25 }));
  t.like(score, { state: 'done', error: null });
  t.like(score.result, { rows: 60, parts: 3 });
  t.is(readFileSync(out, 'utf8').trim().split('\n').length, 61);
  child.kill('SIGINT');
  t.deepEqual(await once(child, 'exit'), [130, null]);
});
