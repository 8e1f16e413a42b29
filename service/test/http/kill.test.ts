import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { RandomStream } from 'tfjs-flows';
import { packModel } from '../../src/index.js';
import { csvOf, fittedModel, rowsOf } from './fixture.js';
import { Served } from './served.js';

const KILLS = 4;
const root = mkdtempSync(join(tmpdir(), 'kill-'));
const data = join(root, 'data');
const served = new Served(data, ['--quiet']);

test.after.always(async () => {
  await served.end('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

interface Job {
  readonly id: string;
  readonly state: string;
  readonly model: string;
  readonly error: string | null;
}

const uploaded = new Set<string>();
/** What was asked to go, whether or not that was confirmed. */
const asked = new Set<string>();
const deleted = new Set<string>();
const submitted = new Set<string>();

async function upload(name: string, archive: Uint8Array<ArrayBuffer>): Promise<void> {
  const answer = await fetch(`${served.url}/models/${name}`, { method: 'POST', headers: { 'content-type': 'application/gzip' }, body: archive }); // prettier-ignore
  if (answer.status === 201) uploaded.add(name);
}

async function remove(name: string): Promise<void> {
  asked.add(name);
  const answer = await fetch(`${served.url}/models/${name}`, { method: 'DELETE' });
  if (answer.status === 204) deleted.add(name);
}

async function fit(name: string): Promise<void> {
  const form = new FormData();
  form.append('request', JSON.stringify({ model: name, options: { model: 'spline-coupling', epochs: 3 } }));
  form.append('file', new Blob([csvOf(rowsOf(200, name))]), 'rows.csv');
  const answer = await fetch(`${served.url}/jobs/fit`, { method: 'POST', body: form });
  if (answer.status === 202) submitted.add(((await answer.json()) as Job).id);
}

async function jobs(): Promise<Job[]> {
  return ((await (await fetch(`${served.url}/jobs`)).json()) as { jobs: Job[] }).jobs;
}

test('a service that is killed at random moments loses nothing that it has confirmed', async (t) => {
  const model = join(root, 'model');
  await fittedModel(model);
  const pieces: Buffer[] = [];
  for await (const piece of packModel(model)) pieces.push(piece as Buffer);
  const archive = new Uint8Array(Buffer.concat(pieces));
  const stream = new RandomStream('kill');
  for (let kill = 0; kill < KILLS; kill++) {
    await served.start();
    const last = `model-${kill - 1}-0`;
    const all = [
      ...[0, 1, 2].map((i) => upload(`model-${kill}-${i}`, archive)),
      ...(uploaded.has(last) ? [remove(last)] : []),
      fit(`fitted-${kill}`),
    ];
    const settled = Promise.allSettled(all);
    await sleep(100 + 1500 * stream.next());
    await served.end('SIGKILL');
    await settled;
  }
  await served.start();
  const end = Date.now() + 60_000;
  while ((await jobs()).some(({ state }) => state === 'waiting' || state === 'running')) {
    if (Date.now() > end) throw new Error('The jobs do not end.');
    await sleep(200);
  }
  const after = await jobs();
  const { models } = (await (await fetch(`${served.url}/models`)).json()) as { models: { name: string }[] };
  const names = new Set(models.map(({ name }) => name));
  for (const id of submitted) t.true(after.some((job) => job.id === id), `${id} is lost`); // prettier-ignore
  for (const { state, model: name, error } of after) {
    if (state === 'done') t.true(names.has(name), `${name} was not published`);
    else t.regex(error!, /ended 3 times/);
  }
  for (const name of uploaded) if (!asked.has(name)) t.true(names.has(name), `${name} is lost`);
  for (const name of deleted) t.false(names.has(name));
  for (const name of names) {
    t.is((await served.post(`/models/${name}/log-prob`, { rows: rowsOf(2, 'asked') })).status, 200);
  }
  t.is(readdirSync(join(data, 'models')).length, names.size);
  t.deepEqual(readdirSync(join(data, 'incoming')), []);
  t.deepEqual(readdirSync(join(data, 'work')).sort(), after.map(({ id }) => id).sort()); // prettier-ignore
  t.is(await served.end('SIGTERM'), 0);
});
