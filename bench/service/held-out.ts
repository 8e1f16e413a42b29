import { RandomStream } from 'tfjs-flows';
import { DensityEstimator, type Table } from '../../service/src/index.js';
import { realTable, sampleOf, TABLE_NAMES, type Sample } from '../ferumal-tables.js';
import { fitGaussianMixture } from './gaussian-mixture.js';
import { kernelDensities } from './kernel-density.js';

/** Held-out `ln p` by one method on one table. */
export interface HeldOut {
  readonly table: string;
  readonly dims: number;
  readonly rows: number;
  readonly test_rows: number;
  readonly method: string;
  /** Mean `ln p` of the rows to score, nats a row, in standardised units. */
  readonly nats: number;
  /** Standard error of that mean. */
  readonly standard_error: number;
  readonly seconds: number;
  /** What was chosen by the validation rows. */
  readonly chosen: string;
}

/** What a method makes of a table: the scores of the rows to score, and what it chose. */
interface Fitted {
  readonly scores: Float64Array;
  readonly chosen: string;
}

type Method = (sample: Sample, budget: number) => Promise<Fitted> | Fitted;
type Rows = readonly Float32Array[];

/** Rows to fit and to score, at most. */
const MOST_ROWS = 20_000;
const MOST_SCORED = 5000;
/** Validation rows of the baselines. */
const VALIDATION = 0.1;
const COMPONENTS = [1, 2, 4, 8, 16, 32, 64];
const WIDTHS = [0.05, 0.08, 0.12, 0.18, 0.25, 0.35, 0.5, 0.7, 1];
/** Rows a weight of a mixture has at least. */
const ROWS_PER_WEIGHT = 1;

const METHODS: Readonly<Record<string, Method>> = {
  'normal distribution': ({ fit, test }) => ({ scores: mixtureScores(fit, 1, test), chosen: '' }),
  'Gaussian mixture': ({ fit, test, dims }) => {
    const { train, validation } = split(fit);
    const affordable = COMPONENTS.filter((count) => count === 1 || (count * dims * (dims + 3)) / 2 <= train.length / ROWS_PER_WEIGHT);
    const count = best(affordable, (candidate) => mean(mixtureScores(train, candidate, validation)));
    return { scores: mixtureScores(fit, count, test), chosen: `${count} components` };
  },
  'kernel density': ({ fit, test }) => {
    const { train, validation } = split(fit);
    const width = best(WIDTHS, (candidate) => mean(kernelDensities(train, candidate, validation.slice(0, 500))));
    return { scores: kernelDensities(fit, width, test), chosen: `width ${width}` };
  },
  DensityEstimator: async ({ fit, test }, timeBudget) => {
    using estimator = new DensityEstimator({ timeBudget, validation: VALIDATION, seed: 'bench' });
    await estimator.fit(tableOf(fit));
    return { scores: await estimator.scoreSamples(tableOf(test)), chosen: estimator.report.model };
  },
}; // prettier-ignore

/** All methods on all tables. */
export async function compareHeldOut(quick: boolean): Promise<HeldOut[]> {
  const results: HeldOut[] = [];
  for (const name of quick ? ['wine'] : TABLE_NAMES) {
    const whole = sampleOf(realTable(name), quick ? 1000 : MOST_ROWS, 0);
    const sample = { ...whole, test: whole.test.slice(0, quick ? 500 : MOST_SCORED) };
    for (const [method, fitted] of Object.entries(METHODS)) {
      const began = performance.now();
      const { scores, chosen } = await fitted(sample, quick ? 5 : 120);
      const nats = mean(scores);
      const variance = mean(scores.map((score) => (score - nats) ** 2));
      results.push({
        table: name,
        dims: sample.dims,
        rows: sample.fit.length,
        test_rows: sample.test.length,
        method,
        nats,
        standard_error: Math.sqrt(variance / scores.length),
        seconds: (performance.now() - began) / 1000,
        chosen,
      });
      console.error(JSON.stringify(results.at(-1)));
    }
  }
  return results;
}

function mixtureScores(rows: Rows, count: number, asked: Rows): Float64Array {
  const mixture = fitGaussianMixture(rows, count, new RandomStream(count));
  return Float64Array.from(asked, (row) => mixture.logDensity(row));
}

function split(rows: Rows): { train: Rows; validation: Rows } {
  const order = new RandomStream('validation').permutation(rows.length);
  const cut = Math.floor(VALIDATION * rows.length);
  const taken = (indices: Uint32Array | Int32Array) => Array.from(indices, (i) => rows[i]);
  return { validation: taken(order.subarray(0, cut)), train: taken(order.subarray(cut)) };
}

function best(candidates: readonly number[], score: (candidate: number) => number): number {
  const scores = candidates.map(score);
  return candidates[scores.indexOf(Math.max(...scores))];
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function tableOf(rows: Rows): Table {
  const columns = Object.fromEntries(Array.from(rows[0], (_, d) => [`x${d}`, Float64Array.from(rows, (row) => row[d])])); // prettier-ignore
  return { rowCount: rows.length, columns };
}
