import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'completion-'));
mkdirSync(join(folder, 'models', 'customers'), { recursive: true });
for (const file of ['rows.csv', 'readme.txt', '.hidden']) writeFileSync(join(folder, file), '');
test.after.always(() => rmSync(folder, { recursive: true }));

/** Words that are offered for the last of these. */
function offered(...words: string[]): string[] {
  const { stdout } = spawnSync(process.execPath, [MAIN, 'complete', '--', ...words], { cwd: folder });
  return stdout.toString().trim().split('\n').slice(0, -1).map((line) => line.split('\t')[0]).sort(); // prettier-ignore
}

test('commands, options, their choices, and paths are completed', (t) => {
  t.deepEqual(offered('s'), ['sample', 'score', 'serve']);
  t.deepEqual(offered('token', 'r'), ['revoke']);
  t.deepEqual(offered('score', '--a'), ['--anomaly']);
  t.deepEqual(offered('fit', 'rows.csv', '--missing', ''), ['impute', 'marginalise', 'refuse']);
  t.deepEqual(offered('fit', 'r'), ['readme.txt', 'rows.csv']);
  t.deepEqual(offered('score', 'm'), ['models/', 'models/customers/']);
  t.deepEqual(offered('score', 'models/customers', 'ro'), ['rows.csv']);
  t.deepEqual(offered('fit', 'rows.csv', '--out', 'models/'), ['models/customers/']);
  t.deepEqual(offered('fit', 'rows.csv', '--out', 'nowhere/'), []);
});

test('shells are told how to ask', (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, status } = spawnSync(process.execPath, [MAIN, 'complete', shell]);
    t.is(status, 0);
    t.regex(stdout.toString(), /tfjs-flows complete --/);
  }
});
