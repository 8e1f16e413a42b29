import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { RandomStream } from 'tfjs-flows';
import { TableFile } from '../../src/tables/table-file.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'cli-'));
test.after.always(() => rmSync(folder, { recursive: true }));

function run(args: string[], input?: string | Buffer) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd: folder, input });
  return { status, out: stdout.toString(), bytes: stdout, err: stderr.toString() };
}

const stream = new RandomStream('cli');
const rows = Array.from({ length: 120 }, (_, i) => {
  const gold = stream.next() < 0.4;
  return `row ${i},${gold ? 'gold' : 'plain'},${(3 * Number(gold) + stream.nextNormal()).toFixed(6)},${Math.floor(4 * stream.next())}`;
});
const csv = `id,plan,"a ""size""",count\n${rows.join('\n')}\n`;
writeFileSync(join(folder, 'rows.csv'), csv);

test.serial('fit, info and evaluate', (t) => {
  const fit = run([
    'fit',
    'rows.csv',
    '--out',
    'model',
    '--ignore',
    'id',
    '--model',
    'spline-coupling',
    '--epochs',
    '2',
    '--json',
  ]);
  t.is(fit.status, 0, fit.err);
  const report = JSON.parse(fit.out) as { columns: { name: string; role: string }[]; heldOut: number };
  t.deepEqual(report.columns.map(({ name, role }) => `${name}: ${role}`), ['id: ignored', 'plan: modelled', 'a "size": modelled', 'count: modelled']); // prettier-ignore
  t.is(fit.err, '', 'no bar where there is no terminal');
  t.regex(run(['info', 'model']).out, /spline-coupling, \d+ weights, fitted to 120 rows/);
  const { rows: count, mean } = JSON.parse(run(['evaluate', 'model', 'rows.csv', '--json']).out) as Record<
    string,
    number
  >;
  t.is(count, 120);
  t.true(Number.isFinite(mean));
});

test.serial('scores stand beside the columns, which stay as they are, in every format', async (t) => {
  const { out } = run(['score', 'model', 'rows.csv']);
  const lines = out.trim().split('\n');
  t.is(lines[0], 'id,plan,"a ""size""",count,log_density');
  const scores = lines.slice(1).map((line, i) => {
    t.true(line.startsWith(rows[i].split(',').slice(0, 2).join()), line);
    return Number(line.split(',').at(-1));
  });
  t.is(scores.length, 120);
  for (const to of ['a.parquet', 'b.ndjson', 'c.arrow']) {
    const { status, err } = run(['score', 'model', 'rows.csv', '--anomaly', '--out', to, '--column', 'ln p']);
    t.is(status, 0, err);
    const file = await TableFile.open(join(folder, to));
    t.is(file.rowCount, 120);
    const { columns } = await file.read();
    await file.close();
    (columns['ln p'] as Float64Array).forEach((score, i) => t.true(Math.abs(score - scores[i]) < 1e-9));
    t.true((columns.anomaly as Float64Array).every((value) => value >= 0 && value <= 1));
  }
  const piped = run(['score', 'model', '-', '--format', 'parquet'], readFileSync(join(folder, 'a.parquet')));
  t.is(piped.status, 0, piped.err);
  t.deepEqual(readdirSync(folder).filter((name) => name.endsWith('.tmp')), []); // prettier-ignore
});

test.serial('a table of many batches: every row has its score', async (t) => {
  const header = csv.slice(0, csv.indexOf('\n') + 1);
  writeFileSync(join(folder, 'long.csv'), header + `${rows.join('\n')}\n`.repeat(300));
  const { status, err } = run(['score', 'model', 'long.csv', '--out', 'long.parquet']);
  t.is(status, 0, err);
  const file = await TableFile.open(join(folder, 'long.parquet'));
  const scores = (await file.read()).columns.log_density as Float64Array;
  await file.close();
  t.is(scores.length, 36_000);
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const whole = JSON.parse(run(['evaluate', 'model', 'rows.csv', '--json']).out) as { mean: number };
  t.true(Math.abs(mean - whole.mean) < 1e-6, `${mean} and ${whole.mean}`);
});

test.serial('draws, with columns kept', (t) => {
  const { out } = run(['sample', 'model', '-n', '20', '--seed', 's']);
  t.is(out, run(['sample', 'model', '-n', '20', '--seed', 's']).out);
  t.is(out.trim().split('\n').length, 21);
  writeFileSync(join(folder, 'given.ndjson'), '{"plan": "gold"}\n');
  const given = run(['sample', 'model', '-n', '5', '--given', 'given.ndjson']);
  t.is(given.status, 0, given.err);
  t.is(given.out.match(/gold/g)?.length, 5);
});

test.serial('what cannot be done is said in one line', (t) => {
  const refused = (args: string[], status: number, message: RegExp, input?: string) => {
    const result = run(args, input);
    t.is(result.status, status, result.err);
    t.regex(result.err, message);
    t.is(result.out, '');
  };
  refused(['fit', 'rows.csv', '--out', 'model'], 1, /^tfjs-flows: --out: expected a new place to write to, got model, which is there already\. Add --force to overwrite it\.\n$/); // prettier-ignore
  refused(['fit', 'none.csv', '--out', 'm2'], 1, /expected a file, got none\.csv, which is not there/);
  refused(['fit', '-', '--out', 'm2'], 1, /^tfjs-flows: .*expected/, 'a,b\n');
  refused(['score', 'model', '-'], 1, /expected one of "gold", "plain", got "silver" in row 1/, 'plan,"a ""size""",count\ngold,1,2\nsilver,1,2\n'); // prettier-ignore
  refused(
    ['score', 'model', 'rows.csv', '--column', 'plan'],
    1,
    /expected a new column, got "plan", which rows.csv has/,
  );
  refused(['info', 'nowhere'], 1, /expected a folder with a saved estimator, got nowhere/);
  refused(['fit', 'rows.csv', '--out', 'm2', '--time', 'soon'], 2, /It is a positive number/);
  t.false(existsSync(join(folder, 'm2')));
  t.regex(run(['--help']).out, /Exit codes: 0 done/);
});
