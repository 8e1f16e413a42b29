/**
 * The quick start: fits a spline flow to a real table, compares it with a Gaussian and a kernel density estimate on rows
 * that none of them has seen, draws new rows, saves the model and loads it again.
 */
import * as tf from '@tensorflow/tfjs-core';
import { SingleBar } from 'cli-progress';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cosine, fit, loadFlow, ready, splineCouplingFlow, type EpochRecord, type Flow } from 'tfjs-flows';
import { fitGaussian, gaussianLogDensity } from './baselines/gaussian.js';
import { fitKernelDensity, kernelLogDensity } from './baselines/kernel-density.js';
import { renderReport } from './report.js';
import { cleanRows, COLUMNS, readTable, splitByProtein } from './table.js';

const DATA = fileURLToPath(new URL('../../../demos/quickstart/data/protein.csv.gz', import.meta.url));
const MODEL = 'file://models/quickstart';
const REPORT = 'models/quickstart.html';
const EPOCHS = 100;
const LINE_EVERY = 10;
const BATCH = 512;

const { backend, reason } = await ready();
console.log(`Backend: ${backend}. ${reason}`);

const all = readTable(DATA);
const rows = cleanRows(all);
const { train, validation, test } = splitByProtein(rows);
console.log(
  `Proteins: ${all.length} rows of ${COLUMNS.length} columns, ${rows.length} of them fit for a density; ` +
    `${train.length} to train on, ${validation.length} to choose by, ${test.length} held out.\n`,
);

using flow = splineCouplingFlow({ dims: COLUMNS.length, layers: 5, hidden: [128, 128], bins: 8, seed: 'quickstart' });
await trainWithProgress(flow);

const gaussian = fitGaussian(train);
const kernels = fitKernelDensity(train, validation.slice(0, 300));
const scores = {
  'Gaussian, full covariance': test.map((row) => gaussianLogDensity(gaussian, row)),
  [`kernel density, bandwidth ${kernels.bandwidth}`]: test.map((row) => kernelLogDensity(kernels, row)),
  'spline coupling flow': await logProbs(flow, test),
};
console.log('\nHeld-out log-likelihood, nats a row, in the units of the table (higher is better):\n');
for (const [name, values] of Object.entries(scores)) {
  const { mean, error } = meanAndError(values);
  console.log(`  ${name.padEnd(34)}${mean.toFixed(2).padStart(9)} ± ${error.toFixed(2)}`);
}

const draws = tf.tidy(() => flow.sample(test.length, { seed: 'draws' }).arraySync() as number[][]);
console.log('\nFive real rows, and five that the flow drew:\n');
console.log(`  ${COLUMNS.map((name) => name.padStart(16)).join('')}`);
for (const part of [test.slice(0, 5), draws.slice(0, 5)]) {
  for (const row of part) console.log(`  ${row.map((value) => Number(value.toPrecision(4)).toString().padStart(16)).join('')}`); // prettier-ignore
  console.log();
}

await flow.save(MODEL);
using again = await loadFlow(MODEL);
const before = scores['spline coupling flow'];
const after = await logProbs(again, test);
const difference = Math.max(...after.map((value, i) => Math.abs(value - before[i])));
console.log(`Saved to ${MODEL} and loaded again: the largest difference in log-likelihood is ${difference}.`);
mkdirSync('models', { recursive: true });
writeFileSync(REPORT, renderReport(COLUMNS, test, draws));
console.log(`Open ${REPORT} to see real rows beside drawn ones.`);

/** Trains with a progress bar on a terminal, or some lines elsewhere. */
async function trainWithProgress(model: Flow): Promise<void> {
  const bar = process.stdout.isTTY
    ? new SingleBar({ format: 'fit {bar} epoch {value} of {total} | {scores}', hideCursor: true })
    : null;
  await fit(model, train, {
    validation,
    epochs: EPOCHS,
    batchSize: BATCH,
    learningRate: 3e-3,
    schedule: cosine(),
    clipNorm: 5,
    seed: 1,
    callbacks: {
      onStart: () => bar?.start(EPOCHS, 0, { scores: 'train - | validation -' }),
      onEpoch: (record) => {
        const scores = describe(record);
        bar?.update(record.epoch, { scores });
        if (!bar && record.epoch % LINE_EVERY === 0)
          console.log(`epoch ${String(record.epoch).padStart(3)} | ${scores}`);
      },
    },
  });
  bar?.stop();
}

function describe({ train: trained, validation: validated, rowsPerSecond }: EpochRecord): string {
  const nats = (loss: number) => (-loss).toFixed(2);
  return `train ${nats(trained)} | validation ${nats(validated!)} nats | ${Math.round(rowsPerSecond)} rows/s`;
}

async function logProbs(model: Flow, table: number[][]): Promise<number[]> {
  const scored = tf.tidy(() => model.logProb(tf.tensor2d(table)));
  const values = Array.from(await scored.data());
  scored.dispose();
  return values;
}

function meanAndError(values: number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}
