import * as tf from '@tensorflow/tfjs-core';
import { effectiveSampleSize, forwardEffectiveSampleSize, freeEnergyPerturbation, ready, type Flow } from 'tfjs-flows';
import type { BoltzmannTarget } from '../demos/boltzmann/target.js';
import { train } from '../demos/boltzmann/train.js';
import { weigh } from '../demos/boltzmann/weigh.js';
import { compareStochastic, type StochasticOutcome } from './boltzmann-stochastic.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';

interface Outcome {
  readonly target: string;
  readonly objective: string;
  readonly draws: number;
  /** Effective sample size as a fraction of the draws, and as seen from exact draws of the target. */
  readonly ess: number;
  readonly forward_ess: number | null;
  /** `-log Z` estimated from the weights, its standard error, and how far it is from the exact one, kT. */
  readonly free_energy: number;
  readonly standard_error: number;
  readonly error: number | null;
  /** Of training, the making of the data included. */
  readonly seconds: number;
}

/** Flows trained on energies: what their draws are worth, and the free energies that they give. */
export async function benchBoltzmann(quick: boolean): Promise<BenchResult> {
  await ready({ backend: 'wasm' });
  const results: Outcome[] = [];
  const { TARGETS } = await import('../demos/boltzmann/targets/index.js');
  for (const target of Object.values(TARGETS)) results.push(await judge(target, quick));
  const stochastic = await compareStochastic(quick);
  return {
    json: { bench: 'boltzmann', quick, results, stochastic },
    table: `${tableOf(results)}\n\n${stochasticTable(stochastic)}`,
  };
}

async function judge(target: BoltzmannTarget, quick: boolean): Promise<Outcome> {
  using flow = target.build();
  const began = performance.now();
  await train(flow, target, { quick });
  const seconds = (performance.now() - began) / 1000;
  // Solving a differential equation takes longer.
  const draws = quick ? 2000 : 10_000;
  const { logWeights } = weigh(flow, target.energy, draws);
  const { value, standardError } = freeEnergyPerturbation(logWeights);
  return {
    target: target.name,
    objective: target.title,
    draws,
    ess: effectiveSampleSize(logWeights) / draws,
    forward_ess: target.exact ? weighExact(flow, target, draws) : null,
    free_energy: value,
    standard_error: standardError,
    error: target.logPartition === null ? null : value + target.logPartition,
    seconds,
  };
}

function weighExact(flow: Flow, { energy, exact }: BoltzmannTarget, draws: number): number {
  return tf.tidy(() => {
    const x = exact!(draws);
    return forwardEffectiveSampleSize(tf.neg(tf.add(energy.energy(x), flow.logProb(x))).dataSync<'float32'>());
  });
}

function tableOf(results: readonly Outcome[]): string {
  const rows = results.map((result) => [
    result.target,
    result.objective,
    `${(100 * result.ess).toFixed(1)} %`,
    result.forward_ess === null ? '-' : `${(100 * result.forward_ess).toFixed(1)} %`,
    `${result.free_energy.toFixed(3)} ± ${result.standard_error.toFixed(3)}`,
    result.error === null ? '-' : result.error.toFixed(3),
    result.seconds.toFixed(0),
  ]);
  const columns = ['target', 'objective', 'ESS', 'ESS from exact draws', '-log Z', 'error', 'seconds'];
  return formatTable([columns, ...rows]);
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
