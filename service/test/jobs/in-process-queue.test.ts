import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { FlowConfigError, FlowDataError, FlowFileError } from 'tfjs-flows';
import { InProcessQueue, type JobHandlers, type JobQueue, type JobStatus } from '../../src/index.js';

const CHILD = fileURLToPath(new URL('counting-child.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'jobs-'));
test.after.always(() => rmSync(root, { recursive: true }));

let folders = 0;
const newFolder = () => join(root, `queue-${folders++}`);

async function endOf(queue: JobQueue, id: string): Promise<JobStatus> {
  let last: JobStatus | null = null;
  for await (const status of queue.watch(id)) last = status;
  return last!;
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

test('a job runs once, tells how far it is, and keeps its result', async (t) => {
  const folder = newFolder();
  let runs = 0;
  const handlers: JobHandlers = {
    double: async ({ input, progress }) => {
      runs++;
      progress(0.5, { half: true });
      await sleep(5);
      return 2 * (input as number);
    },
  };
  const queue = await InProcessQueue.open({ folder, handlers });
  const seen: JobStatus[] = [];
  t.is(await queue.submit('double', 21, { id: 'one' }), 'one');
  for await (const status of queue.watch('one')) seen.push(status);
  t.is(await queue.submit('double', 21, { id: 'one' }), 'one');
  t.true(seen.some(({ state, progress }) => state === 'running' && progress === 0.5));
  t.deepEqual(seen.find(({ progress }) => progress === 0.5)?.detail, { half: true });
  const last = seen.at(-1)!;
  t.like(last, { id: 'one', kind: 'double', state: 'done', progress: 1, result: 42, error: null, attempts: 1 });
  t.true(last.submittedAt <= last.startedAt! && last.startedAt! <= last.endedAt!);
  await queue.close();

  const again = await InProcessQueue.open({ folder, handlers });
  t.like(await again.status('one'), { state: 'done', result: 42, attempts: 1 });
  t.deepEqual(await again.list({ state: 'failed' }), []);
  t.is((await again.list({ kind: 'double' })).length, 1);
  t.is(runs, 1);
  t.is(await again.cancel('one'), false);
  t.is(await again.status('two'), null);
  await again.close();
});

test('no more jobs run at once than may', async (t) => {
  let [running, most, started] = [0, 0, 0];
  let release = () => {};
  const handlers: JobHandlers = {
    // The first ends when the second is there, so that jobs that ran one after the other would never end.
    wait: async () => {
      most = Math.max(most, ++running);
      if (++started === 1) await new Promise<void>((resolve) => (release = resolve));
      else release();
      await sleep(5);
      running--;
      return null;
    },
  };
  const queue = await InProcessQueue.open({ folder: newFolder(), handlers, concurrency: 2 });
  const ids = await Promise.all(Array.from({ length: 6 }, () => queue.submit('wait', null)));
  for (const id of ids) t.is((await endOf(queue, id)).state, 'done');
  t.is(most, 2);
  await queue.close();
});

test('a refusal is final, other errors are tried again up to the cap', async (t) => {
  const calls = { refused: 0, flaky: 0, broken: 0 };
  const handlers: JobHandlers = {
    refused: async () => {
      calls.refused++;
      throw new FlowDataError('table', { expected: 'rows', got: 'none' });
    },
    flaky: async ({ checkpoint }) => {
      const file = join(checkpoint, 'seen');
      if (existsSync(file)) return readFileSync(file, 'utf8');
      writeFileSync(file, 'kept');
      calls.flaky++;
      throw new Error('lost connection');
    },
    broken: async () => {
      calls.broken++;
      throw new Error('never works');
    },
  };
  const queue = await InProcessQueue.open({ folder: newFolder(), handlers });
  for (const kind of ['refused', 'flaky', 'broken']) await queue.submit(kind, null, { id: kind });
  t.like(await endOf(queue, 'refused'), { state: 'failed', error: 'table: expected rows, got none.', attempts: 1 });
  t.like(await endOf(queue, 'flaky'), { state: 'done', result: 'kept', attempts: 2 });
  t.like(await endOf(queue, 'broken'), { state: 'failed', error: 'never works', attempts: 3 });
  t.deepEqual(calls, { refused: 1, flaky: 1, broken: 3 });
  await queue.close();
});

test('jobs are cancelled, waiting or running, and stay so', async (t) => {
  const folder = newFolder();
  const handlers: JobHandlers = { forever: ({ signal }) => untilAborted(signal) };
  const queue = await InProcessQueue.open({ folder, handlers });
  await queue.submit('forever', null, { id: 'first' });
  await queue.submit('forever', null, { id: 'second' });
  t.true(await queue.cancel('second'));
  t.true(await queue.cancel('first'));
  t.false(await queue.cancel('first'));
  await queue.close();
  const again = await InProcessQueue.open({ folder, handlers });
  for (const id of ['first', 'second']) t.is((await again.status(id))!.state, 'cancelled');
  t.deepEqual(
    readdirSync(folder).filter((name) => !name.endsWith('.job.json')),
    [],
  );
  await again.close();
});

test('closing puts running jobs back in line; watchers end', async (t) => {
  const folder = newFolder();
  let started = () => {};
  const begun = new Promise<void>((resolve) => (started = resolve));
  const queue = await InProcessQueue.open({
    folder,
    handlers: { task: ({ signal }) => (started(), untilAborted(signal)) },
  });
  await queue.submit('task', 'input', { id: 'task' });
  await begun;
  const watched = endOf(queue, 'task');
  await queue.close();
  t.is((await watched).state, 'waiting');
  await t.throwsAsync(queue.submit('task', null), { instanceOf: FlowConfigError });
  const again = await InProcessQueue.open({ folder, handlers: { task: async ({ input }) => input } });
  t.like(await endOf(again, 'task'), { state: 'done', result: 'input', attempts: 1 });
  await again.close();
});

test('a process that is killed at any moment: its jobs go on from where they were, each done once', async (t) => {
  const folder = newFolder();
  for (const [round, delay] of [20, 60, 120].entries()) {
    const child = spawn(process.execPath, [CHILD, folder, '6'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await sleep(delay);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const names = readdirSync(folder);
    t.true(names.some((name) => name.endsWith('.job.json')), `round ${round}`); // prettier-ignore
  }
  const child = spawn(process.execPath, [CHILD, folder, '6', 'finish'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const piece of child.stdout) output += String(piece);
  const statuses = JSON.parse(output.split('\n')[1]) as JobStatus[];
  t.is(statuses.length, 6);
  for (const { id, state, result, attempts } of statuses) {
    t.is(state, 'done', id);
    t.is(result, 20);
    t.true(attempts <= 5);
    // One line for each step: a step is neither left out nor done twice.
    const lines = readFileSync(join(folder, `${id}.out`), 'utf8')
      .trim()
      .split('\n');
    t.deepEqual(
      lines,
      Array.from({ length: 20 }, (_, step) => String(step)),
    );
  }
});

test('a job that ends its process fails clearly in the end', async (t) => {
  const folder = newFolder();
  for (let attempt = 0; attempt < 2; attempt++) {
    const child = spawn(process.execPath, [CHILD, folder, '1', 'die'], { stdio: ['ignore', 'ignore', 'inherit'] });
    await once(child, 'exit');
  }
  const queue = await InProcessQueue.open({ folder, attempts: 2, handlers: { count: async () => null } });
  const [status] = await queue.list();
  t.is(status.state, 'failed');
  t.regex(status.error!, /ended 2 times while the job ran/);
  await queue.close();
});

test('what is refused', async (t) => {
  const folder = newFolder();
  const queue = await InProcessQueue.open({ folder, handlers: { known: async () => null } });
  const config = { instanceOf: FlowConfigError };
  await t.throwsAsync(queue.submit('unknown', null), { ...config, message: /a kind of job: known, got "unknown"/ });
  await t.throwsAsync(queue.submit('constructor', null), config);
  for (const id of ['../up', '', '.hidden', 'a/b', '1', 'x'.repeat(129)]) await t.throwsAsync(queue.submit('known', null, { id }), config); // prettier-ignore
  await t.throwsAsync(queue.watch('nothing')[Symbol.asyncIterator]().next(), config);
  await queue.close();
  await t.throwsAsync(InProcessQueue.open({ folder, handlers: {}, concurrency: 0 }), config);
  writeFileSync(join(folder, 'torn.job.json'), '{"version":');
  await t.throwsAsync(InProcessQueue.open({ folder, handlers: {} }), { instanceOf: FlowFileError, message: /torn/ });
});
