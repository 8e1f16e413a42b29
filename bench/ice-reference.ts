import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { integratedAutocorrelationTime, mbar, ready, splitRHat } from 'tfjs-flows';
import { CHAINS, drawIce, LEAPFROG_STEPS } from '../demos/boltzmann/ice/draws.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';

/** From the base of the flow to its target, evenly in the logarithm: neighbours share a good part of their energies. */
const TEMPERATURES = Array.from({ length: 9 }, (_, i) => 250 * (100 / 250) ** (i / 8));

/** Published, in kT: by MBAR on molecular dynamics of 16 molecules. */
const PUBLISHED = { free_energy: -669.711, standard_error: 0.054 };

/** What is known of the draws at one temperature. */
interface Outcome {
  readonly temperature: number;
  readonly mean_energy: number;
  /** In draws; ½ for independent ones. */
  readonly autocorrelation_time: number;
  readonly r_hat: number;
  readonly acceptance: number;
  readonly step: number;
  readonly seconds: number;
}

/** The free energy of ice XI from 250 K to 100 K by MBAR, beside the published one. */
export async function benchIceReference(quick: boolean): Promise<BenchResult> {
  await ready();
  const [draws, warmup, thin] = quick ? [30, 60, 1] : [110, 80, 2];
  const energies: Float64Array[] = [];
  const outcomes: Outcome[] = [];
  let start: Tensor | undefined;
  for (const temperature of TEMPERATURES) {
    const began = performance.now();
    const seed = `ice ${temperature.toFixed(1)}`;
    const run = await drawIce({ temperature, start, draws, warmup, thin, seed });
    start?.dispose();
    start = tf.slice(run.samples, [(draws - 1) * CHAINS, 0, 0]);
    run.samples.dispose();
    const chains = Array.from({ length: CHAINS }, (_, c) => Float64Array.from(run.energies, (row) => row[c]));
    const all = chains.flatMap((chain) => [...chain]);
    energies.push(Float64Array.from(all));
    outcomes.push({
      temperature,
      mean_energy: all.reduce((sum, value) => sum + value, 0) / all.length,
      autocorrelation_time: integratedAutocorrelationTime(chains),
      r_hat: splitRHat(chains),
      acceptance: run.acceptance,
      step: run.stepSize,
      seconds: (performance.now() - began) / 1000,
    });
    console.error(JSON.stringify(outcomes.at(-1)));
  }
  start?.dispose();
  const pooled = Float64Array.from(energies.flatMap((values) => [...values]));
  const reduced = TEMPERATURES.map((temperature) => pooled.map((u) => u / (0.00831446261815324 * temperature)));
  const counts = energies.map(({ length }) => length);
  const solved = mbar(reduced, counts, { resamples: 100, seed: 'ice' });
  const { value, standardError } = solved.difference(0, TEMPERATURES.length - 1);
  // Resampling takes draws for independent; sets of `2τ` of them are.
  const inflation = Math.sqrt(Math.max(1, ...outcomes.map(({ autocorrelation_time: time }) => 2 * time)));
  const overlap = solved.overlap.slice(0, -1).map((row, i) => row[i + 1]);
  return {
    json: {
      lib: 'tfjs-flows',
      bench: 'ice-reference',
      chains: CHAINS,
      draws,
      thin,
      leapfrog_steps: LEAPFROG_STEPS,
      free_energy: value,
      standard_error: standardError * inflation,
      per_molecule: value / 16,
      published: PUBLISHED,
      least_overlap: Math.min(...overlap),
      temperatures: outcomes,
      quick,
    },
    table: tableOf(outcomes, value, standardError * inflation),
  };
}

function tableOf(outcomes: readonly Outcome[], value: number, standardError: number): string {
  const rows = outcomes.map((outcome) => [
    outcome.temperature.toFixed(1),
    outcome.mean_energy.toFixed(2),
    outcome.autocorrelation_time.toFixed(2),
    outcome.r_hat.toFixed(3),
    outcome.acceptance.toFixed(2),
    outcome.step.toFixed(3),
    outcome.seconds.toFixed(0),
  ]);
  const columns = ['kelvin', 'mean U, kJ/mol', 'autocorrelation', 'R-hat', 'acceptance', 'step', 'seconds'];
  return `Ice XI, 16 molecules of TIP4P-Ew; ${CHAINS} chains\n${formatTable([columns, ...rows])}\n250 K to 100 K: ${value.toFixed(3)} ± ${standardError.toFixed(3)} kT, published ${PUBLISHED.free_energy} ± ${PUBLISHED.standard_error}`;
}
