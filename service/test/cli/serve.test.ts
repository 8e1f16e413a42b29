import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { RandomStream } from 'tfjs-flows';
import { csvOf, rowsOf } from '../http/fixture.js';
import { Served } from '../http/served.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'serve-'));
const data = join(folder, 'data');
test.after.always(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd: folder });
  return { status, out: stdout.toString(), err: stderr.toString() };
}

function tokenOf(role: string): string {
  const { status, out, err } = run('token', 'add', '--data', data, '--role', role, '--label', `for ${role}`);
  if (status !== 0) throw new Error(err);
  return out.trim();
}

test.serial('tokens are made, listed and revoked while the service runs; the log knows none of them', async (t) => {
  const [score, admin] = [tokenOf('score'), tokenOf('admin')];
  t.false(readFileSync(join(data, 'tokens.json'), 'utf8').includes(score), 'hashed at rest');
  t.is(statSync(join(data, 'tokens.json')).mode & 0o077, 0, 'for its owner alone');
  const listed = run('token', 'list', '--data', data).out;
  t.regex(listed, /^\S+ {2}score {2}\S+ {2}for score\n\S+ {2}admin {2}\S+ {2}for admin\n$/);
  t.false(listed.includes(score));

  const served = new Served(data);
  await served.start();
  const ask = (token: string | null) => fetch(`${served.url}/models`, { headers: token ? { authorization: `Bearer ${token}` } : {} }); // prettier-ignore
  t.deepEqual([(await ask(null)).status, (await ask('none')).status, (await ask(score)).status], [401, 401, 200]);
  const [id] = listed.split(' ');
  t.is(run('token', 'revoke', id, '--data', data).status, 0);
  t.deepEqual([(await ask(score)).status, (await ask(admin)).status], [401, 200]);
  t.is(run('token', 'revoke', id, '--data', data).status, 1);
  t.is(await served.end('SIGTERM'), 0);
  t.regex(served.log, /"url":"\/models"/);
  for (const token of [score, admin]) t.false(served.log.includes(token));
});

test.serial('what cannot be served is said in one line', (t) => {
  const cases: [string[], RegExp][] = [
    [['serve'], /required option '--data <folder>'/],
    [['serve', '--data', 'x', '--limit', 'speed=3'], /one of .*body.*, and a number/],
    [['serve', '--data', 'x', '--limit', 'rows=many'], /many/],
    [['serve', '--data', 'open', '--host', '0.0.0.0', '--port', '0'], /expected tokens/],
    [['token', 'add', '--data', 'x', '--role', 'king'], /Allowed choices are score, fit, admin/],
  ];
  for (const [args, message] of cases) {
    const { status, err } = run(...args);
    t.not(status, 0);
    t.regex(err, message);
    t.false(/\n\s+at /.test(err), err);
  }
});

/** Goes on with the fit, also where it was killed between its last file and its end. */
function fit(): ChildProcess {
  return spawn(process.execPath, [MAIN, 'fit', 'rows.csv', '--out', 'model', '--checkpoint', 'state', '--model', 'spline-coupling', '--epochs', '6', '--json', '--force'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] }); // prettier-ignore
}

test.serial('a fit that is killed at random moments goes on to the model that it would have made', async (t) => {
  writeFileSync(join(folder, 'rows.csv'), csvOf(rowsOf(400, 'killed')));
  const whole = run('fit', 'rows.csv', '--out', 'whole', '--model', 'spline-coupling', '--epochs', '6', '--json');
  t.is(whole.status, 0, whole.err);
  const stream = new RandomStream('kills');
  let kills = 0;
  for (let tries = 0; tries < 4; tries++) {
    const running = fit();
    const ended = once(running, 'close');
    await Promise.race([ended, sleep(1200 + 2500 * stream.next())]);
    if (running.exitCode !== null) break;
    running.kill('SIGKILL');
    await ended;
    kills++;
    t.true(!existsSync(join(folder, 'model')) || run('info', 'model').status === 0, 'no half model');
  }
  t.true(kills > 0);
  const last = fit();
  let out = '';
  last.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await once(last, 'close');
  t.is(last.exitCode, 0);
  t.is((JSON.parse(out) as { heldOut: number }).heldOut, (JSON.parse(whole.out) as { heldOut: number }).heldOut);
});
