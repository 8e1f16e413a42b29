import * as tf from '@tensorflow/tfjs-core';
import { fit, FlowNumericsError, RandomStream, ready, type Flow } from 'tfjs-flows';
import { CATALOGUE, type CatalogueEntry } from './catalogue-flows.js';
import { catalogueProblems, type CatalogueProblem } from './catalogue-problems.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';
import { median } from './timing.js';

/** One recipe on one problem. */
interface Outcome {
  readonly flow: string;
  readonly problem: string;
  readonly dims: number;
  readonly parameters: number;
  readonly learning_rate: number;
  /** Taken within the budget. */
  readonly steps: number;
  readonly seconds: number;
  /** Mean held-out log-density, nats a row. */
  readonly nats: number | null;
  readonly exact: number | null;
  /** Milliseconds for 1,000 rows, null where {@link unlessStuck} says so. */
  readonly density_ms: number | null;
  readonly sample_ms: number | null;
  readonly sample: string;
}

const BATCH = 256;
const ROWS = 1000;

/** Every recipe for plain vectors with its own sizes, trained for the same time, on two toys and a real table. */
export async function benchCatalogue(quick: boolean): Promise<BenchResult> {
  await ready();
  const budget = quick ? 0.5 : 10;
  const problems = catalogueProblems(quick ? 1000 : 5000);
  const outcomes: Outcome[] = [];
  for (const entry of CATALOGUE) {
    for (const problem of problems) {
      using flow = entry.build(problem);
      if (flow) outcomes.push(await outcomeOf(flow, entry, problem, budget));
    }
  }
  return {
    json: { lib: 'tfjs-flows', bench: 'catalogue', quick, seconds: budget, batch: BATCH, outcomes },
    table: `The catalogue: nats after ${budget} s of training a flow; costs in ms for ${ROWS} rows, measured on the last problem\n${tableOf(problems, outcomes)}`,
  };
}

async function outcomeOf(flow: Flow, entry: CatalogueEntry, problem: CatalogueProblem, budget: number) {
  const { name, learningRate, sample = 'closed' } = entry;
  const begin = performance.now();
  const { steps } = await train(flow, problem, learningRate, budget);
  const seconds = (performance.now() - begin) / 1000;
  const timed = problem.test.slice(0, ROWS);
  return {
    flow: name,
    problem: problem.name,
    dims: problem.dims,
    parameters: flow.parameterCount,
    learning_rate: learningRate,
    steps,
    seconds,
    nats: await unlessStuck(() => meanLogDensity(flow, problem.test)),
    exact: problem.exact,
    density_ms: await unlessStuck(() => costOf(() => tf.tidy(() => flow.logProb(tensorOf(timed)).dataSync()))),
    sample_ms: await unlessStuck(() => costOf(() => tf.tidy(() => flow.sample(ROWS, { seed: new RandomStream('cost') }).dataSync()))), // prettier-ignore
    sample,
  };
}

/** Trains until the time is up; a flow whose loss stops being finite keeps its last good weights. */
async function train(flow: Flow, { train: rows }: CatalogueProblem, learningRate: number, budget: number) {
  const signal = AbortSignal.timeout(1000 * budget);
  const options = { steps: 1_000_000, batchSize: BATCH, learningRate, clipNorm: 5, seed: 0, signal };
  return (await unlessStuck(() => fit(flow, rows, options))) ?? { steps: 0 };
}

function meanLogDensity(flow: Flow, rows: readonly Float32Array[]): number {
  let sum = 0;
  for (let start = 0; start < rows.length; start += ROWS) {
    const scores = tf.tidy(() => flow.logProb(tensorOf(rows.slice(start, start + ROWS))).dataSync());
    for (const score of scores) sum += score;
  }
  return sum / rows.length;
}

/** Median time in milliseconds once warm; that of the first run where it is slow anyway. */
function costOf(operation: () => unknown): number {
  const first = timeOf(operation);
  if (first > 2000) return first;
  const times: number[] = [];
  const until = performance.now() + 300;
  do times.push(timeOf(operation));
  while (performance.now() < until);
  return median(times);
}

function timeOf(operation: () => unknown): number {
  const start = performance.now();
  operation();
  return performance.now() - start;
}

/** Null where numbers stop being finite, or a numerical solution is not found. */
async function unlessStuck<T>(compute: () => T | Promise<T>): Promise<T | null> {
  try {
    return await compute();
  } catch (error) {
    if (error instanceof FlowNumericsError) return null;
    throw error;
  }
}

function tableOf(problems: readonly CatalogueProblem[], outcomes: readonly Outcome[]): string {
  const number = (value: number | null | undefined, digits: number) =>
    value === undefined ? '-' : value === null || !Number.isFinite(value) ? 'fails' : value.toFixed(digits);
  const rows = CATALOGUE.map(({ name }) => {
    const own = outcomes.filter(({ flow }) => flow === name);
    const { parameters, density_ms, sample_ms, sample } = own.at(-1)!;
    const nats = problems.map((problem) => number(own.find((outcome) => outcome.problem === problem.name)?.nats, 3));
    const how = sample === 'closed' ? '' : sample;
    return [name, ...nats, parameters.toLocaleString('en'), number(density_ms, 1), number(sample_ms, 1), how];
  });
  const exact = problems.map((problem) => (problem.exact === null ? '' : problem.exact.toFixed(3)));
  const names = problems.map(({ name, dims }) => `${name}, ${dims}-D`);
  return formatTable([
    ['flow', ...names, 'parameters', 'density', 'sample', 'how'],
    ['exact', ...exact, '', '', '', ''],
    ...rows,
  ]);
}

function tensorOf(rows: readonly Float32Array[]): tf.Tensor2D {
  const flat = new Float32Array(rows.length * rows[0].length);
  rows.forEach((row, i) => flat.set(row, i * row.length));
  return tf.tensor2d(flat, [rows.length, rows[0].length]);
}
