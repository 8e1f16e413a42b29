import { fit, ready, toys, type History, type ToyName } from 'tfjs-flows';
import { cleanRows, readTable, splitByProtein } from '../demos/quickstart/table.js';
import { JUDGE, METHODS, type Method } from './cnf-methods.js';
import { scoresOf, totalProbability, type Scores } from './cnf-scores.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';

/** Columns of the protein table that are taken: six that are not nearly functions of each other. */
const COLUMNS = [0, 2, 5, 6, 8, 9];

/** One data set, and what is known of it. */
interface Task {
  readonly name: string;
  readonly dims: number;
  readonly train: Float32Array;
  readonly test: Float32Array;
  /** Mean log-density of the test rows under the exact density, where that is known. */
  readonly exact: number | null;
  readonly batch: number;
  readonly steps: number;
}

interface Outcome extends Scores {
  readonly method: string;
  /** Exact minus model, where the exact density is known. */
  readonly gap: number | null;
  /** Evaluations a training step in the last epoch. */
  readonly training: { readonly forward: number; readonly backward: number };
  readonly seconds_per_epoch: number;
  readonly epochs: number;
  readonly integral: number | null;
}

/**
 * Five ways to train a continuous flow on the same rows: held-out nats, evaluations of the field in training and for a
 * density, time, and whether the density integrates to one.
 */
export async function benchCnf(quick: boolean): Promise<BenchResult> {
  await ready();
  const results = [];
  for (const task of tasks(quick)) {
    const outcomes: Outcome[] = [];
    for (const method of METHODS) outcomes.push(await run(task, method, quick));
    results.push({ task: task.name, exact: task.exact, batch: task.batch, steps: task.steps, outcomes, savings: savings(outcomes) }); // prettier-ignore
  }
  return {
    json: { lib: 'tfjs-flows', bench: 'cnf', judge: JUDGE, quick, results },
    table: results.map(({ task, exact, steps, batch, outcomes, savings: saved }) => {
      const title = `${task}: ${steps} steps of ${batch} rows${exact === null ? '' : `; exact ${exact.toFixed(3)} nats`}`;
      return `${title}\n${tableOf(outcomes)}\n${saved.join('\n')}`;
    }).join('\n\n'), // prettier-ignore
  };
}

function tasks(quick: boolean): Task[] {
  const names: ToyName[] = quick ? ['twoMoons'] : ['twoMoons', 'eightGaussians'];
  const [batch, steps] = quick ? [256, 40] : [256, 400];
  const list = names.map((name): Task => {
    const toy = toys[name];
    const test = toy(quick ? 2000 : 10_000, { seed: 'test' });
    const exact = mean(toy.logDensity(test));
    return { name, dims: 2, train: toy(20 * batch, { seed: 'train' }), test, exact, batch, steps };
  });
  if (quick) return list;
  const rows = cleanRows(readTable('demos/quickstart/data/protein.csv.gz')).map((row) => COLUMNS.map((i) => row[i]));
  const { train, test } = splitByProtein(rows);
  const [first, second] = standardised(train.slice(0, 40 * 512), test);
  return [...list, { name: 'protein', dims: COLUMNS.length, train: first, test: second, exact: null, batch: 512, steps: 200 }]; // prettier-ignore
}

async function run({ dims, train, test, exact, batch, steps }: Task, method: Method, quick: boolean): Promise<Outcome> {
  using flow = method.build(dims, 0);
  const perEpoch = Math.ceil(train.length / dims / batch);
  const epochs = Math.max(1, Math.round((method.epochs * steps) / perEpoch));
  const start = performance.now();
  const history = await fit(flow, train, {
    epochs,
    batchSize: batch,
    learningRate: method.learningRate,
    objective: method.objective,
    clipNorm: 10,
    seed: 0,
  });
  const seconds = (performance.now() - start) / 1000;
  // Judged under one solver, whatever it was trained with.
  using judged = method.build(dims, 0, JUDGE);
  judged.parameters.forEach(({ variable }, i) => variable.assign(flow.parameters[i].variable));
  const scores = scoresOf(judged, test, JUDGE.rtol!);
  const integral =
    dims === 2 ? totalProbability(judged, quick ? { reach: 6, cells: 90 } : { reach: 8, cells: 300 }) : null;
  return {
    method: method.name,
    ...scores,
    gap: exact === null ? null : exact - scores.nats,
    training: lastEvaluations(history),
    seconds_per_epoch: seconds / epochs,
    epochs,
    integral,
  };
}

/** What became of the evaluations of those that are as good as the first, which is trained by likelihood alone. */
function savings([plain, ...others]: readonly Outcome[]): string[] {
  const count = ({ training }: Outcome) => training.forward + training.backward;
  return others
    .filter(({ method }) => method === 'RNODE' || method === 'TO-FLOW')
    .map((outcome) => {
      const share = 1 - count(outcome) / count(plain);
      const density = 1 - outcome.nfe.log_prob / plain.nfe.log_prob;
      const difference = outcome.nats - plain.nats;
      const equal = Math.abs(difference) <= 0.05 ? 'equal nats' : 'other nats';
      return `${outcome.method}: ${percent(share)} fewer evaluations in training, ${percent(density)} for a density, at ${equal} (${difference >= 0 ? '+' : ''}${difference.toFixed(3)})`; // prettier-ignore
    });
}

function tableOf(outcomes: readonly Outcome[]): string {
  return formatTable([
    ['', 'nats', 'gap', 'NFE fwd', 'bwd', 'density', 'draw', 's/epoch', 'epochs', 'integral - 1', 'round trip / tol'],
    ...outcomes.map((outcome) => [
      outcome.method,
      outcome.nats.toFixed(3),
      outcome.gap === null ? '' : outcome.gap.toFixed(3),
      outcome.training.forward.toFixed(1),
      outcome.training.backward.toFixed(1),
      String(outcome.nfe.log_prob),
      String(outcome.nfe.sample),
      outcome.seconds_per_epoch.toFixed(2),
      String(outcome.epochs),
      outcome.integral === null ? '' : (outcome.integral - 1).toExponential(1),
      outcome.round_trip.toFixed(1),
    ]),
  ]);
}

function lastEvaluations({ epochs }: History): Outcome['training'] {
  return epochs.at(-1)?.evaluations ?? { forward: 0, backward: 0 };
}

/** Both with the means and deviations of the first. */
function standardised(train: number[][], test: number[][]): [Float32Array, Float32Array] {
  const means = COLUMNS.map((_, i) => mean(train.map((row) => row[i])));
  const deviations = COLUMNS.map((_, i) => Math.sqrt(mean(train.map((row) => (row[i] - means[i]) ** 2))));
  const scaled = (rows: number[][]) =>
    Float32Array.from(rows.flatMap((row) => row.map((value, i) => (value - means[i]) / deviations[i])));
  return [scaled(train), scaled(test)];
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
