import { ready } from 'tfjs-flows';
import { compare } from '../demos/boltzmann/comparison.js';
import { figuresOf, type Figures } from '../demos/boltzmann/figures.js';
import type { BoltzmannTarget } from '../demos/boltzmann/target.js';
import { train } from '../demos/boltzmann/train.js';
import { weigh } from '../demos/boltzmann/weigh.js';
import { compareStochastic, type StochasticOutcome } from './boltzmann-stochastic.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';

interface Outcome extends Figures {
  readonly target: string;
  readonly objective: string;
  /** Of training, the making of the data included. */
  readonly seconds: number;
  /** What only this target was asked. */
  readonly study: Readonly<Record<string, unknown>> | null;
}

/** Targets with a bench of their own. */
const ELSEWHERE = ['octupole', 'ice-xi'];

/** Flows trained on energies: what their draws are worth, and the free energies that they give. */
export async function benchBoltzmann(quick: boolean): Promise<BenchResult> {
  await ready({ backend: 'wasm' });
  const results: Outcome[] = [];
  const { TARGETS } = await import('../demos/boltzmann/targets/index.js');
  for (const [name, target] of Object.entries(TARGETS)) {
    if (ELSEWHERE.includes(name)) continue;
    results.push(await judge(target, quick));
    console.error(JSON.stringify(results.at(-1)));
  }
  const stochastic = await compareStochastic(quick);
  return {
    json: { bench: 'boltzmann', quick, results, stochastic },
    table: `${tableOf(results)}\n\n${stochasticTable(stochastic)}`,
  };
}

async function judge(target: BoltzmannTarget, quick: boolean): Promise<Outcome> {
  using flow = target.build(quick);
  const began = performance.now();
  await train(flow, target, { quick });
  const seconds = (performance.now() - began) / 1000;
  const draws = Math.min(quick ? 2000 : 10_000, target.mostDraws?.(quick) ?? Infinity);
  const weighted = target.weigh ? await target.weigh(flow, draws, quick) : weigh(flow, target.energy, draws);
  const other = await compare(target, flow, draws, quick);
  const study = await target.study?.({ flow, draws: weighted, reference: other && other.positions, quick });
  return {
    target: target.name,
    objective: target.title,
    seconds,
    ...figuresOf(target, weighted, other),
    study: study?.figures ?? null,
  };
}

function tableOf(results: readonly Outcome[]): string {
  const rows = results.map((result) => [
    result.target,
    result.objective,
    percent(result.effective_sample_size),
    result.forward_effective_sample_size === null ? '-' : percent(result.forward_effective_sample_size),
    `${result.free_energy.toFixed(3)} ± ${result.free_energy_standard_error.toFixed(3)}`,
    result.free_energy_error === null ? '-' : result.free_energy_error.toFixed(3),
    percent(Math.max(0, ...Object.values(result.histogram_distances))),
    result.seconds.toFixed(0),
  ]);
  const columns = [
    'target',
    'objective',
    'ESS',
    'ESS from exact draws',
    '-log Z',
    'error',
    'histograms apart',
    'seconds',
  ];
  return formatTable([columns, ...rows]);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function stochasticTable({ repeats, draws, outcomes }: StochasticOutcome): string {
  const rows = outcomes.map((outcome) => [
    outcome.model,
    ...[outcome.bias, outcome.spread, outcome.reweighted_bias, outcome.reweighted_spread, outcome.total, outcome.reweighted_total].map(
      (value) => value.toFixed(2),
    ),
    outcome.seconds.toFixed(0),
  ]); // prettier-ignore
  const columns = ['', 'bias', 'spread', 'bias rw', 'spread rw', 'total', 'total rw', 'seconds'];
  return `Double well, errors of the free energy along x₁, kT; ${repeats} trainings, ${draws[0]} times ${draws[1]} draws each\n${formatTable([columns, ...rows])}`;
}
