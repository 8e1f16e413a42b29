import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowConfigError, FlowDataError, FlowFileError, RandomStream } from 'tfjs-flows';
import { DensityEstimator, type EstimatorOptions } from '../../src/index.js';

/** A count, a positive number that grows with it, a class that both depend on, a rounded number. */
function customers(count: number, seed: string) {
  const stream = new RandomStream(seed);
  const rows = Array.from({ length: count }, () => {
    const gold = stream.next() < 0.3;
    const visits = Math.floor((gold ? 6 : 2) + 2 * Math.abs(stream.nextNormal()));
    const spent = Math.exp(1 + 0.2 * visits + 0.4 * stream.nextNormal());
    return { visits, spent, plan: gold ? 'gold' : 'plain', score: Math.round(20 * stream.nextNormal()) / 10 };
  });
  return rows;
}

/** Correlated normal numbers of deviations 1 and 20 about 5 and -100, by the correlation. */
function normals(count: number, seed: string, correlation = 0.8) {
  const stream = new RandomStream(seed);
  return Array.from({ length: count }, () => {
    const [a, b] = [stream.nextNormal(), stream.nextNormal()];
    return { a: 5 + a, b: -100 + 20 * (correlation * a + Math.sqrt(1 - correlation ** 2) * b) };
  });
}

const quick: EstimatorOptions = { epochs: 6, learningRate: 5e-3, timeBudget: 60, seed: 'test' };

test.serial('a normal table: scores, gaps and imputation are those of the closed form', async (t) => {
  using estimator = new DensityEstimator({ model: 'gaussian', missing: 'marginalise', samples: 200 });
  await estimator.fit(normals(4000, 'fit'));
  const scores = await estimator.scoreSamples([{ a: 5, b: -100 }, { a: 6, b: -90 }, { a: null, b: -90 }, { a: 6, b: null }]); // prettier-ignore
  const joint = (z: number, w: number) =>
    -Math.log(2 * Math.PI * 20 * 0.6) - (z * z - 1.6 * z * w + w * w) / (2 * 0.36);
  const single = (z: number, scale: number) => -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) - Math.log(scale);
  const exact = [joint(0, 0), joint(1, 0.5), single(0.5, 20), single(1, 1)];
  exact.forEach((value, row) =>
    t.true(Math.abs(scores[row] - value) < 0.1, `row ${row}: ${scores[row]}, exact ${value}`),
  );
  const filled = await estimator.impute(
    Array.from({ length: 600 }, () => ({ a: 7, b: null })),
    { seed: 1 },
  );
  const b = filled.columns.b as Float64Array;
  const mean = b.reduce((sum, value) => sum + value, 0) / b.length;
  const deviation = Math.sqrt(b.reduce((sum, value) => sum + (value - mean) ** 2, 0) / b.length);
  t.true(Math.abs(mean - (-100 + 20 * 1.6)) < 2.5, `conditional mean ${mean}`);
  t.true(Math.abs(deviation - 12) < 1.5, `conditional deviation ${deviation}`);
  t.true((filled.columns.a as Float64Array).every((value) => value === 7));
});

test.serial('a change of units moves scores by the logarithm of the factor', async (t) => {
  const rows = normals(400, 'units');
  const held = normals(50, 'held');
  const scaled = (list: typeof rows) => list.map(({ a, b }) => ({ a: 1000 * a, b }));
  using one = await new DensityEstimator({ ...quick, model: 'spline-coupling', epochs: 2 }).fit(rows);
  using other = await new DensityEstimator({ ...quick, model: 'spline-coupling', epochs: 2 }).fit(scaled(rows));
  const [before, after] = [await one.scoreSamples(held), await other.scoreSamples(scaled(held))];
  const gap = before.map((score, row) => score - after[row] - Math.log(1000));
  t.true(Math.max(...gap.map(Math.abs)) < 1e-3, `off by ${Math.max(...gap.map(Math.abs))}`);
});

test.serial('each kind of column has total probability one', async (t) => {
  const stream = new RandomStream('kinds');
  const rows = Array.from({ length: 500 }, () => {
    const u = stream.next();
    return { u: u * u, n: Math.floor(6 * u) + (stream.next() < 0.2 ? 1 : 0), e: -Math.log(1 - stream.next()) };
  });
  const fitted = async (column: 'u' | 'n' | 'e', spec: EstimatorOptions['columns']) =>
    new DensityEstimator({ ...quick, epochs: 3, model: 'spline-autoregressive', columns: spec, samples: 16 }).fit({ [column]: rows.map((row) => row[column]) }); // prettier-ignore
  const total = async (estimator: DensityEstimator, column: string, values: number[], cell: number) => {
    const scores = await estimator.scoreSamples({ [column]: values });
    return scores.reduce((sum, score) => sum + cell * Math.exp(score), 0);
  };
  const middles = (low: number, high: number, count: number) => Array.from({ length: count }, (_, i) => low + ((i + 0.5) * (high - low)) / count); // prettier-ignore
  using bounded = await fitted('u', { u: { kind: 'bounded', low: 0, high: 1 } });
  t.true(Math.abs((await total(bounded, 'u', middles(0, 1, 4000), 1 / 4000)) - 1) < 0.01);
  using counts = await fitted('n', { n: { kind: 'integer', low: 0 } });
  t.true(Math.abs((await total(counts, 'n', middles(-0.5, 99.5, 100), 1)) - 1) < 0.02);
  using levels = await fitted('n', { n: 'category' });
  t.true(Math.abs((await total(levels, 'n', [0, 1, 2, 3, 4, 5, 6], 1)) - 1) < 0.02);
  using positive = await fitted('e', { e: 'positive' });
  t.true(Math.abs((await total(positive, 'e', middles(0, 60, 12_000), 60 / 12_000)) - 1) < 0.02);
});

test.serial('a table of many kinds: fitted, drawn from, saved and loaded', async (t) => {
  const rows = customers(600, 'fit');
  const progress: string[] = [];
  const tensors = tf.memory().numTensors;
  const estimator = await new DensityEstimator({ ...quick, epochs: 3 }).fit(rows, {
    onProgress: ({ model, epoch }) => progress.push(`${model} ${epoch}`),
  });
  const { report } = estimator;
  t.deepEqual(report.columns.map(({ name, role, spec }) => [name, role, spec?.kind]), [
    ['visits', 'modelled', 'integer'],
    ['spent', 'modelled', 'positive'],
    ['plan', 'modelled', 'category'],
    ['score', 'modelled', 'continuous'],
  ]); // prettier-ignore
  t.deepEqual(report.columns[3].spec, { kind: 'continuous', step: 0.1 });
  t.deepEqual(report.trials.map(({ model }) => model), ['gaussian', 'spline-coupling', 'spline-autoregressive', 'maf']); // prettier-ignore
  t.is(report.heldOut, Math.max(...report.trials.map(({ heldOut }) => heldOut!)));
  t.true(progress.includes('maf 3'));
  const draws = await estimator.sample(200, { seed: 'draws' });
  t.deepEqual(Object.keys(draws.columns), ['visits', 'spent', 'plan', 'score']);
  t.true((draws.columns.visits as Float64Array).every((value) => Number.isInteger(value) && value >= 0));
  t.true((draws.columns.spent as Float64Array).every((value) => value > 0));
  t.true((draws.columns.plan as string[]).every((value) => value === 'gold' || value === 'plain'));
  t.deepEqual(await estimator.sample(200, { seed: 'draws' }), draws);
  const gold = await estimator.sample(50, { seed: 1, given: [{ plan: 'gold' }] });
  t.true((gold.columns.plan as string[]).every((value) => value === 'gold'));

  const odd = await estimator.anomalyScores([
    ...rows.slice(0, 100),
    { visits: 90, spent: 0.01, plan: 'plain', score: 9 },
  ]);
  const usual = [...odd.subarray(0, 100)].sort((a, b) => a - b);
  t.true(usual[50] > 0.25 && usual[50] < 0.75, `the median of usual rows is ${usual[50]}`);
  t.is(odd[100], 1);

  const folder = mkdtempSync(join(tmpdir(), 'estimator-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  await estimator.save(folder);
  await estimator.save(folder);
  t.is(readdirSync(folder).length, 2, 'the flow before is gone');
  const loaded = await DensityEstimator.load(folder);
  t.deepEqual(loaded.describe(), JSON.parse(JSON.stringify(estimator.describe())));
  t.deepEqual(await loaded.scoreSamples(rows.slice(0, 20)), await estimator.scoreSamples(rows.slice(0, 20)));
  loaded.dispose();
  estimator.dispose();
  t.is(tf.memory().numTensors, tensors, 'nothing is left in memory');

  const file = join(folder, 'estimator.json');
  const text = readFileSync(file, 'utf8');
  const message = async (damaged: string) => {
    writeFileSync(file, damaged);
    return (await t.throwsAsync(DensityEstimator.load(folder), { instanceOf: FlowFileError })).message;
  };
  t.regex(await message(text.slice(0, 300)), /got one that is no JSON/);
  t.regex(await message(text.replace('"scale": ', '"scale": -')), /got at \/columns\/modelled\/0\/scale: /);
  t.regex(await message(text.replace(/flow-[0-9a-f-]+/, '../elsewhere')), /got at \/flow: /);
});

test.serial('conditions: densities integrate to one at each, and depend on them', async (t) => {
  const stream = new RandomStream('conditions');
  const rows = Array.from({ length: 800 }, (_, i) => {
    const group = i % 2 ? 'far' : 'near';
    const t0 = stream.next();
    return { x: (group === 'far' ? 4 : 0) + t0 + 0.3 * stream.nextNormal(), t: t0, group };
  });
  using estimator = new DensityEstimator({
    ...quick,
    epochs: 10,
    model: 'spline-autoregressive',
    conditionOn: ['t', 'group'],
  });
  await estimator.fit(rows);
  const grid = Array.from({ length: 2000 }, (_, i) => -8 + 0.01 * i);
  for (const group of ['near', 'far']) {
    const table = { x: grid, t: grid.map(() => 0.5), group: grid.map(() => group) };
    const densities = (await estimator.scoreSamples(table)).map(Math.exp);
    const total = densities.reduce((sum, value) => sum + 0.01 * value, 0);
    const mean = densities.reduce((sum, value, i) => sum + 0.01 * value * grid[i], 0);
    t.true(Math.abs(total - 1) < 0.01, `total ${total}`);
    t.true(Math.abs(mean - (group === 'far' ? 4.5 : 0.5)) < 0.3, `mean ${mean} of ${group}`);
  }
  const draws = await estimator.sample(100, { given: { t: [0.5], group: ['far'] } });
  t.deepEqual(Object.keys(draws.columns).sort(), ['group', 't', 'x']);
  t.true((draws.columns.x as Float64Array).filter((x) => x > 2).length > 90);
  const message = async (act: () => Promise<unknown>) => (await t.throwsAsync(act)).message;
  t.is(
    await message(() => estimator.sample(3)),
    'DensityEstimator.sample: expected values of "t", "group" in `given`, got none.',
  );
  t.is(
    await message(() => estimator.scoreSamples({ x: [1], t: [0] })),
    'DensityEstimator: expected a column "group", got "x", "t".',
  );
  t.is(
    await message(() => estimator.scoreSamples({ x: [1], t: [null], group: ['far'] })),
    'column "t": expected a value in each row, as of every condition, got none in row 0.',
  );
});

test.serial('a fit that was stopped goes on from its checkpoint', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const rows = customers(200, 'resume');
  const options: EstimatorOptions = { ...quick, epochs: 4, model: 'spline-coupling' };
  using whole = await new DensityEstimator(options).fit(rows);
  const stop = new AbortController();
  using stopped = await new DensityEstimator(options).fit(rows, { checkpoint: folder, signal: stop.signal, onProgress: ({ epoch }) => epoch === 2 && stop.abort() }); // prettier-ignore
  const epochs: number[] = [];
  using resumed = await new DensityEstimator(options).fit(rows, { checkpoint: folder, onProgress: ({ epoch }) => epochs.push(epoch) }); // prettier-ignore
  t.deepEqual(epochs, [3, 4]);
  t.is(resumed.report.heldOut, whole.report.heldOut);
  t.not(stopped.report.heldOut, whole.report.heldOut);
});

test('options and tables that cannot be used are refused', async (t) => {
  const config = (options: object) => t.throws(() => new DensityEstimator(options), { instanceOf: FlowConfigError }).message; // prettier-ignore
  t.is(config({ epochs: 0 }), 'DensityEstimator.epochs: expected a positive integer, got 0.');
  t.is(config({ validation: 1 }), 'DensityEstimator.validation: expected a share between 0 and 1, got 1.');
  t.is(config({ missing: 'drop' }), "DensityEstimator.missing: expected 'refuse', 'impute', 'marginalise', got drop.");
  const estimator = new DensityEstimator({ model: 'gaussian' });
  const refused = async (data: object[], message: string) => {
    const error = await t.throwsAsync(estimator.fit(data as never), { instanceOf: FlowDataError });
    t.is(error.message, message);
  };
  await refused(normals(3, 'few'), 'DensityEstimator.fit: expected at least 16 rows, got 3.');
  const gaps = normals(20, 'gaps').map((row, i) => (i === 7 ? { ...row, a: null } : row));
  await refused(
    gaps,
    "DensityEstimator.fit: expected a value of \"a\" in each row, got none in row 7. Say what to do with missing values: `missing: 'impute'` or `'marginalise'`.",
  );
  await refused(
    normals(20, 'far')
      .map((row) => ({ ...row, a: 'x'.repeat(1) + String(row.a) }))
      .concat(Array.from({ length: 100 }, (_, i) => ({ a: `id ${i}`, b: 1 }))),
    'column "a": expected at most 100 different texts, got 120. Override it with \'ignore\' if it is an identifier, or give its levels.',
  );
  await t.throwsAsync(estimator.scoreSamples([{ a: 1 }]), {
    message:
      'DensityEstimator.scoreSamples: expected a fitted estimator, got one that is not. Call `fit` or `load` first.',
  });
});
