import { cosine, fit, ready, type Evaluations, type Flow } from 'tfjs-flows';
import { JUDGE, METHODS, type Method } from './cnf-methods.js';
import { proteinProblem, toyProblem, type Problem } from './cnf-problems.js';
import { scoresOf, totalProbability, type Scores } from './cnf-scores.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';
import { median } from './timing.js';

const BATCH = 256;
/** Nats within which two flows count as equally good. */
const EQUAL = 0.05;

/** One method on one problem. */
interface Outcome extends Scores {
  readonly problem: string;
  readonly method: string;
  /** Nats that the exact density is better by, or null where it is not known. */
  readonly gap: number | null;
  /** Evaluations of a training step in the last epoch; null for a method that solves nothing. */
  readonly step_nfe: Evaluations | null;
  readonly steps: number;
  readonly seconds_per_epoch: number;
  /** Integral of the density over the plane, or null in more dimensions. */
  readonly total_probability: number | null;
}

/** What a method saves against the first of {@link METHODS}, on one problem. */
interface Saving {
  readonly problem: string;
  readonly method: string;
  /** How much better its likelihood is, nats. */
  readonly nats: number;
  /** Whether the two differ by no more than {@link EQUAL}, or the method is better. */
  readonly as_good: boolean;
  /** Shares of evaluations saved in a training step and for densities; negative where there are more. */
  readonly step: number | null;
  readonly log_prob: number;
}

/** Continuous flows by five methods: how good, how many evaluations of the field, how long, how exact. */
export async function benchCnf(quick: boolean): Promise<BenchResult> {
  await ready();
  const problems = quick
    ? [toyProblem('eightGaussians', 1, 40 * BATCH), proteinProblem(1, 10 * BATCH)]
    : [toyProblem('twoMoons', 6), toyProblem('eightGaussians', 8), proteinProblem(3)];
  const results: Outcome[] = [];
  for (const problem of problems) {
    for (const method of METHODS) results.push(await train(problem, method, quick ? 30 : 200));
  }
  const savings = problems.flatMap(({ name }) => savingsOn(name, results));
  return {
    json: { lib: 'tfjs-flows', bench: 'cnf', batch: BATCH, quick, results, savings },
    table: [...problems.map((problem) => tableOf(problem, results)), savingsTable(savings)].join('\n\n'),
  };
}

async function train(problem: Problem, method: Method, cells: number): Promise<Outcome> {
  const { dims, train: rows, test, exact, reach } = problem;
  using flow = method.build(dims, 0);
  const { epochs, steps } = await fit(flow, rows, {
    epochs: problem.epochs * method.epochs,
    batchSize: BATCH,
    objective: method.objective,
    learningRate: method.learningRate,
    schedule: cosine(),
    clipNorm: 5,
  });
  using judged = underJudge(flow, method);
  const scores = scoresOf(judged, test, JUDGE.rtol!);
  return {
    problem: problem.name,
    method: method.name,
    ...scores,
    gap: exact === null ? null : exact - scores.nats,
    step_nfe: epochs.at(-1)!.evaluations,
    steps,
    seconds_per_epoch: median(epochs.map(({ rowsPerSecond }) => rows.length / dims / rowsPerSecond)),
    total_probability: reach === null ? null : totalProbability(judged, { reach, cells }),
  };
}

/** The same flow under the solver that judges all of them. */
function underJudge(flow: Flow, method: Method): Flow {
  const judged = method.build(flow.eventShape[0], 0, JUDGE);
  const trained = flow.parameters;
  judged.parameters.forEach(({ variable }, i) => variable.assign(trained[i].variable));
  return judged;
}

function savingsOn(problem: string, results: readonly Outcome[]): Saving[] {
  const [plain, ...others] = results.filter((result) => result.problem === problem);
  const total = ({ step_nfe }: Outcome) => (step_nfe ? step_nfe.forward + step_nfe.backward : null);
  return others.map((other) => {
    const nats = other.nats - plain.nats;
    const [spent, ofPlain] = [total(other), total(plain)];
    return {
      problem,
      method: other.method,
      nats,
      as_good: nats >= -EQUAL,
      step: spent === null || ofPlain === null ? null : 1 - spent / ofPlain,
      log_prob: 1 - other.nfe.log_prob / plain.nfe.log_prob,
    };
  });
}

function tableOf({ name, exact }: Problem, results: readonly Outcome[]): string {
  const rows = results
    .filter(({ problem }) => problem === name)
    .map(({ method, nats, gap, step_nfe, nfe, steps, seconds_per_epoch, total_probability, round_trip }) => [
      method,
      nats.toFixed(3),
      gap?.toFixed(3) ?? '-',
      step_nfe ? `${step_nfe.forward.toFixed(0)} + ${step_nfe.backward.toFixed(0)}` : '-',
      nfe.log_prob.toFixed(0),
      nfe.sample.toFixed(0),
      String(steps),
      seconds_per_epoch.toFixed(1),
      total_probability?.toFixed(4) ?? '-',
      round_trip.toFixed(1),
    ]);
  const columns = [name, 'nats', 'gap', 'NFE step', 'density', 'draw', 'steps', 's an epoch', 'total p', 'round trip'];
  return `${exact === null ? '' : `Exact: ${exact.toFixed(3)} nats.\n`}${formatTable([columns, ...rows])}`;
}

function savingsTable(savings: readonly Saving[]): string {
  const percent = (share: number | null) => (share === null ? '-' : `${(100 * share).toFixed(0)} %`);
  const rows = savings.map(({ problem, method, nats, as_good, step, log_prob }) => [
    `${method} on ${problem}`,
    percent(step),
    percent(log_prob),
    `${nats < 0 ? '' : '+'}${nats.toFixed(3)}`,
    as_good ? 'yes' : 'no',
  ]);
  return `Evaluations saved against ${METHODS[0].name}, in a training step and for densities\n${formatTable([['', 'step', 'density', 'nats', `within ${EQUAL} or better`], ...rows])}`;
}
