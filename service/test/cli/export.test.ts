import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { RandomStream } from 'tfjs-flows';
import { DensityEstimator } from '../../src/index.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'export-'));
const model = join(folder, 'model');
test.after.always(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd: folder });
  return { status, out: stdout.toString(), err: stderr.toString() };
}

const stream = new RandomStream('export');
const rows = Array.from({ length: 300 }, () => {
  const a = stream.nextNormal();
  return { height: 170 + 8 * a, weight: Math.exp(4 + 0.2 * a + 0.1 * stream.nextNormal()), share: 1 / (1 + Math.exp(-a - stream.nextNormal())) };
}); // prettier-ignore

test.serial('a model of a table is exported with its columns, and scores and draws elsewhere as here', async (t) => {
  const columns = { share: { kind: 'bounded', low: 0, high: 1 } } as const;
  using estimator = await new DensityEstimator({ model: 'spline-coupling', epochs: 3, seed: 1, columns }).fit(rows);
  await estimator.save(model);
  const { status, err } = run('export', 'model', '--out', 'density.onnx');
  t.is(status, 0, err);
  const { columns: names } = JSON.parse(readFileSync(join(folder, 'density.onnx.json'), 'utf8')) as { columns: ('height' | 'weight' | 'share')[] };
  t.deepEqual(names, ['height', 'weight', 'share']);
  const session = await InferenceSession.create(join(folder, 'density.onnx'));
  const asked = rows.slice(0, 20);
  const x = Float32Array.from(asked.flatMap((row) => names.map((name) => row[name])));
  const { log_prob: got } = await session.run({ x: new Tensor('float32', x, [20, 3]) });
  const want = await estimator.scoreSamples(asked);
  want.forEach((score, i) => t.true(Math.abs(Number(got.data[i]) - score) < 1e-3, `${got.data[i]} and ${score}`));

  t.is(run('export', 'model', '--out', 'draws.onnx', '--of', 'sample').status, 0);
  const draws = await InferenceSession.create(join(folder, 'draws.onnx'));
  const z = new RandomStream('noise').normal(30);
  const { x: drawn, log_prob: scores } = await draws.run({ z: new Tensor('float32', z, [10, 3]) });
  const table = Array.from({ length: 10 }, (_, i) => Object.fromEntries(names.map((name, d) => [name, Number(drawn.data[3 * i + d])])));
  t.true(table.every(({ share, weight }) => share > 0 && share < 1 && weight > 0));
  (await estimator.scoreSamples(table)).forEach((score, i) => t.true(Math.abs(Number(scores.data[i]) - score) < 1e-2));
}); // prettier-ignore

test.serial('what cannot be exported is said in one line', async (t) => {
  t.regex(run('export', 'model', '--out', 'density.onnx').err, /already.*--force/);
  t.regex(run('export', 'nowhere', '--out', 'x.onnx').err, /nowhere/);
  const counts = rows.map((row) => ({ ...row, visits: Math.floor(row.weight / 10) }));
  using counted = await new DensityEstimator({ model: 'gaussian', epochs: 1 }).fit(counts);
  await counted.save(join(folder, 'counted'));
  const { status, err } = run('export', 'counted', '--out', 'x.onnx');
  t.is(status, 1);
  t.regex(err, /expected a model of exact numbers, without conditions, got columns with cells: "visits" \(integer\)/);
});
