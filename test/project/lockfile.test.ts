import { readFileSync } from 'node:fs';
import test from 'ava';

interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly resolved?: string; readonly integrity?: string; readonly link?: boolean }>
  >;
}

const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lockfile;

test('the lock file names no registry, so that npm asks the one configured', (t) => {
  const named = Object.entries(lockfile.packages).filter(([, { resolved }]) => resolved?.includes('://'));
  t.deepEqual(
    named.map(([name]) => name),
    [],
  );
});

test('the lock file pins the content of every package', (t) => {
  const installed = Object.entries(lockfile.packages).filter(
    ([name, { link }]) => name.startsWith('node_modules/') && !link,
  );
  t.true(installed.length > 0);
  t.deepEqual(installed.filter(([, { integrity }]) => !integrity).map(([name]) => name), []); // prettier-ignore
});
