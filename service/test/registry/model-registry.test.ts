import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { RandomStream } from 'tfjs-flows';
import { DensityEstimator, ModelRegistry } from '../../src/index.js';
import { fittedModel } from '../http/fixture.js';

const root = mkdtempSync(join(tmpdir(), 'registry-'));
const model = join(root, 'model');
const KILLS = 6;

test.before(() => fittedModel(model));
test.after.always(() => rmSync(root, { recursive: true }));

function copyOf(name: string): string {
  const source = join(root, name);
  cpSync(model, source, { recursive: true });
  return source;
}

test.serial('versions, names, deletion and reopening', async (t) => {
  const folder = join(root, 'plain');
  let registry = await ModelRegistry.open(folder);
  t.like(await registry.publish('a', copyOf('one')), { name: 'a', version: 1 });
  t.like(await registry.publish('a', copyOf('two')), { version: 2 });
  t.like(await registry.publish('b', copyOf('three'), 'job-1'), { version: 1 });
  // The same job brings its model once.
  t.like(await registry.publish('b', copyOf('four'), 'job-1'), { version: 1 });
  t.is(await registry.delete('a', 2), 1);
  t.is(await registry.delete('a', 2), 0);
  registry.close();
  registry = await ModelRegistry.open(folder);
  t.deepEqual(registry.list().map(({ name, version }) => `${name} ${version}`), ['a 1', 'b 1']); // prettier-ignore
  t.is(registry.get('a')!.version, 1);
  t.is(registry.get('a', 2), null);
  t.like(await registry.publish('a', copyOf('five')), { version: 3 });
  using estimator = await DensityEstimator.load(registry.get('a')!.folder);
  t.is(estimator.report.rows, 300);
  await t.throwsAsync(registry.publish('../a', copyOf('six')), { message: /ModelRegistry\.publish: expected a name/ });
  await t.throwsAsync(registry.publish('a', join(root, 'nothing')), { message: /the folder of a model/ });
  writeFileSync(join(copyOf('seven'), 'estimator.json'), '{');
  await t.throwsAsync(registry.publish('a', join(root, 'seven')), { message: /a whole estimator\.json/ });
  t.is(registry.list('a').length, 2);
  registry.close();
});

test.serial('killed at random moments, it opens again with all that was told and no half model', async (t) => {
  const folder = join(root, 'killed');
  const child = fileURLToPath(new URL('./registry-child.js', import.meta.url));
  const stream = new RandomStream('kills');
  const known = new Set<number>();
  let last = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const started = spawn(process.execPath, [child, folder, model], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    started.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
    await once(started.stdout, 'data');
    await sleep(300 * stream.next());
    started.kill('SIGKILL');
    await once(started, 'close');
    const deleted = new Set<number>();
    for (const [, what, version] of told.matchAll(/(published|deleted) (\d+)\n/g)) {
      if (what === 'published') known.add(Number(version));
      else deleted.add(Number(version));
      last = Math.max(last, Number(version));
    }
    for (const version of deleted) known.delete(version);
    const registry = await ModelRegistry.open(folder);
    const there = registry.list('killed');
    const versions = new Set(there.map(({ version }) => version));
    // What was on its way may be there or not; all else is as it was told.
    const missing = [...known].filter((version) => !versions.has(version));
    t.true(
      missing.length <= 1 && missing.every((version) => version === last - 1),
      `missing ${missing.join()} of ${last}`,
    );
    for (const version of missing) known.delete(version);
    for (const version of deleted) t.false(versions.has(version));
    t.true([...versions].every((version) => known.has(version) || version > last));
    for (const version of versions) known.add(version);
    t.deepEqual(readdirSync(join(folder, 'models')).length, there.length);
    for (const each of there.slice(-2)) (await DensityEstimator.load(each.folder)).dispose();
    t.true(there.every((each) => existsSync(each.folder)));
    registry.close();
    last = Math.max(last, ...versions);
  }
  t.true(known.size >= KILLS);
});
