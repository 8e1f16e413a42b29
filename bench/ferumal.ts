import * as tf from '@tensorflow/tfjs-core';
import {
  cosine,
  ferumalFlow,
  ferumalGlow,
  fit,
  MaternKernel,
  ready,
  realNvp,
  type FerumalFlowOptions,
  type FitOptions,
  type Flow,
} from 'tfjs-flows';
import { benchCatalogue } from './catalogue.js';
import { realTable, sampleOf, TABLE_NAMES, type RealTable, type Sample } from './ferumal-tables.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';

/** A kind of flow. All of them have 8 layers. */
interface Method {
  readonly name: string;
  /** Training takes the one of these that validation likes best. */
  readonly learningRates: readonly number[];
  readonly build: (dims: number, points: number) => Flow;
}

/** One method on one sample of a table. */
interface Outcome {
  readonly table: string;
  readonly dims: number;
  /** Rows to train on and to validate on. */
  readonly rows: number;
  readonly seed: number;
  readonly method: string;
  readonly parameters: number;
  readonly learning_rate: number;
  readonly validation: number;
  /** Held-out log-density, nats a row: mean and median. */
  readonly nats: number;
  readonly median: number;
  /** Of training, for all learning rates. */
  readonly seconds: number;
}

const shared = { layers: 8, standardize: false, seed: 0 };
const kernel = new MaternKernel({ nu: 1.5, lengthScale: 2 });
const kernels = (dims: number, points: number): FerumalFlowOptions => ({ ...shared, dims, points, kernel });

/** Two layers of a width that gives them more than ten times the parameters of the kernels. */
const hidden = (dims: number) => (dims < 20 ? [128, 128] : [256, 256]);

const REAL_NVP: Method = {
  name: 'RealNVP',
  learningRates: [3e-4, 1e-3],
  build: (dims) => realNvp({ ...shared, dims, hidden: hidden(dims) }),
};
const WITH_DROPOUT: Method = {
  ...REAL_NVP,
  name: 'RealNVP, dropout 0.2',
  build: (dims) => realNvp({ ...shared, dims, hidden: hidden(dims), dropout: 0.2 }),
};
const FF_REAL_NVP: Method = {
  name: 'FF-RealNVP',
  learningRates: [2e-3, 5e-3],
  build: (dims, points) => ferumalFlow(kernels(dims, points)),
};
const FF_GLOW: Method = {
  ...FF_REAL_NVP,
  name: 'FF-Glow',
  build: (dims, points) => ferumalGlow(kernels(dims, points)),
};

/** Few rows: what there are too few of to train a network. */
const FEW = { rows: 500, points: 50, fit: { epochs: 300, batchSize: 100, earlyStopping: { patience: 30 } } };

/** Ferumal flows beside RealNVP on few rows of real tables, and on all rows of one; then beside the whole catalogue. */
export async function benchFerumal(quick: boolean): Promise<BenchResult> {
  await ready();
  const seeds = quick ? [0] : [0, 1, 2];
  const few: Outcome[] = [];
  for (const table of (quick ? TABLE_NAMES.slice(0, 3) : TABLE_NAMES).map(realTable)) {
    for (const seed of seeds) {
      const sample = sampleOf(table, FEW.rows, seed);
      for (const method of quick ? [REAL_NVP, FF_GLOW] : [REAL_NVP, WITH_DROPOUT, FF_REAL_NVP, FF_GLOW]) {
        few.push(await train(sample, method, FEW.points, FEW.fit, seed));
      }
    }
  }
  const many = await onManyRows(realTable('protein'), quick);
  const catalogue = await benchCatalogue(quick);
  const ahead = [...new Set(few.map(({ table }) => table))].map((table) => aheadOn(table, few));
  return {
    json: {
      lib: 'tfjs-flows',
      bench: 'ferumal',
      quick,
      few_rows: few,
      many_rows: many,
      ahead,
      catalogue: catalogue.json,
    },
    table: [
      `${FEW.rows} rows, a fifth of them for validation; ${seeds.length} of such samples`,
      tableOf(few),
      `FF-Glow against the better of the networks, held-out nats\n${formatTable([
        ['table', 'nats', 'parameters'],
        ...ahead.map(({ table, nats, parameters }) => [table, signed(nats), `1 : ${parameters.toFixed(1)}`]),
      ])}`,
      `All rows of one table${quick ? ' (quick: 5,000)' : ''}`,
      tableOf(many),
      catalogue.table,
    ].join('\n\n'),
  };
}

/** All rows that there are, with a cosine schedule. */
async function onManyRows(table: RealTable, quick: boolean): Promise<Outcome[]> {
  const sample = sampleOf(table, quick ? 5000 : table.pool.length, 0);
  const options = { epochs: quick ? 15 : 40, batchSize: 256, schedule: cosine() };
  const outcomes: Outcome[] = [];
  for (const method of [REAL_NVP, FF_REAL_NVP, FF_GLOW]) {
    const { learningRates } = method;
    outcomes.push(await train(sample, { ...method, learningRates: learningRates.slice(-1) }, 150, options, 0));
  }
  return outcomes;
}

async function train(
  { table, dims, fit: rows, test }: Sample,
  method: Method,
  points: number,
  options: FitOptions,
  seed: number,
): Promise<Outcome> {
  const begin = performance.now();
  let best: { flow: Flow; learningRate: number; validation: number } | null = null;
  for (const learningRate of method.learningRates) {
    const flow = method.build(dims, points);
    const { bestValidation } = await fit(flow, rows, { ...options, learningRate, clipNorm: 5, validation: 0.2, seed });
    const validation = -bestValidation!;
    if (best && best.validation >= validation) {
      flow.dispose();
      continue;
    }
    best?.flow.dispose();
    best = { flow, learningRate, validation };
  }
  const seconds = (performance.now() - begin) / 1000;
  using flow = best!.flow;
  const scores = Float64Array.from(tf.tidy(() => flow.logProb(tf.tensor2d(flatten(test, dims), [test.length, dims])).dataSync())).sort(); // prettier-ignore
  return {
    table,
    dims,
    rows: rows.length,
    seed,
    method: method.name,
    parameters: flow.parameterCount,
    learning_rate: best!.learningRate,
    validation: best!.validation,
    nats: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    median: scores[scores.length >> 1],
    seconds,
  };
}

/** How far FF-Glow is ahead of the better network, and how many times as many parameters that has. */
function aheadOn(table: string, outcomes: readonly Outcome[]) {
  const means = meansOf(outcomes.filter((outcome) => outcome.table === table));
  const glow = means.find(({ method }) => method === FF_GLOW.name)!;
  const networks = means.filter(({ method }) => [REAL_NVP, WITH_DROPOUT].some(({ name }) => name === method));
  const network = networks.reduce((best, next) => (next.nats > best.nats ? next : best));
  return { table, nats: glow.nats - network.nats, parameters: network.parameters / glow.parameters };
}

/** Means over the samples of each table. */
function meansOf(outcomes: readonly Outcome[]): Outcome[] {
  const first = outcomes.filter(({ seed }) => seed === outcomes[0].seed);
  return first.map(({ table, method }) => {
    const group = outcomes.filter((outcome) => outcome.table === table && outcome.method === method);
    const mean = (pick: (outcome: Outcome) => number) =>
      group.reduce((sum, next) => sum + pick(next), 0) / group.length;
    return { ...group[0], nats: mean((o) => o.nats), median: mean((o) => o.median), validation: mean((o) => o.validation), seconds: mean((o) => o.seconds) }; // prettier-ignore
  });
}

function tableOf(outcomes: readonly Outcome[]): string {
  const number = (value: number) => (Math.abs(value) < 1e5 ? value.toFixed(2) : value.toExponential(0));
  return formatTable([
    ['table', 'method', 'parameters', 'nats', 'median', 'validation', 's'],
    ...meansOf(outcomes).map(({ table, dims, method, parameters, nats, median, validation, seconds }) => [
      `${table}, ${dims}-D`,
      method,
      parameters.toLocaleString('en'),
      number(nats),
      number(median),
      number(validation),
      seconds.toFixed(1),
    ]),
  ]);
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${Math.abs(value) < 1e5 ? value.toFixed(2) : value.toExponential(0)}`;
}

function flatten(rows: readonly Float32Array[], dims: number): Float32Array {
  const flat = new Float32Array(rows.length * dims);
  rows.forEach((row, i) => flat.set(row, i * dims));
  return flat;
}
