import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import {
  alternatingMask,
  Chain,
  CircularRationalQuadraticSpline,
  Coupling,
  fit,
  Flow,
  FlowEnergy,
  forceMatching,
  MLP,
  PeriodicConditioner,
  ready,
  smoothFlow,
  Uniform,
  velocityVerlet,
  type ConditionerRequest,
  type Energy,
  type Objective,
} from 'tfjs-flows';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';
import { drawRings, logNormaliser, TorusRings } from './torus-rings.js';

const BATCH = 500;
const LAYERS = 4;
const HIDDEN = [64, 64];
const COMPONENTS = 24;
const HELD_OUT = 5000;
const COPIES = 16;
const STEP = 2e-3;

/** One way to train one flow. */
interface Contestant {
  readonly name: string;
  readonly build: () => Flow;
  readonly objective?: Objective;
}

const smooth = () => smoothFlow({ dims: 2, layers: LAYERS, components: COMPONENTS, hidden: HIDDEN, seed: 'smooth' });
const byForces = forceMatching({ likelihood: 1, forces: 2e-4 });

const CONTESTANTS: readonly Contestant[] = [
  { name: 'bumps', build: smooth },
  { name: 'bumps, forces too', build: smooth, objective: byForces },
  { name: 'splines', build: splineFlow },
  { name: 'splines, forces too', build: splineFlow, objective: byForces },
];

/** The same couplings with as many bins as there are bumps. */
function splineFlow(): Flow {
  const transform = new CircularRationalQuadraticSpline({ bins: COMPONENTS });
  const layers = Array.from({ length: LAYERS }, (_, index) => {
    const conditioner = ({ inputs, outputs, initialOutput }: ConditionerRequest) =>
      new PeriodicConditioner({
        conditioner: new MLP({ inputs: 2 * inputs, outputs, initialOutput, hidden: HIDDEN, activation: 'silu', seed: `spline ${index}` }), // prettier-ignore
      });
    return new Coupling({ mask: alternatingMask(2, (index % 2) as 0 | 1), transform, conditioner });
  });
  const base = new Uniform({ eventShape: [2], low: -Math.PI, high: Math.PI });
  return new Flow({ base, bijector: new Chain({ bijectors: layers }) });
}

interface Outcome {
  readonly flow: string;
  readonly parameters: number;
  readonly nats: number;
  /** Nats that the exact density is better by. */
  readonly gap: number;
  /** Root mean square of the error of a component of the force on held-out draws, kT/rad; and of the exact force. */
  readonly force_error: number;
  readonly force_exact: number;
  /** Largest change of a force along a line over a ten-thousandth of its length, and over a quarter of that. */
  readonly force_jumps: readonly [number, number];
  /** Of velocity Verlet in the flow's own energy, kT per degree of freedom. */
  readonly drift_rms: number;
  readonly drift_largest: number;
  readonly drift_rate: number;
  readonly ms_per_step: number;
  readonly ms_per_md_step: number;
}

/** Flows of smooth bumps beside flows of splines: likelihood, forces, and whether dynamics in their energy conserve it. */
export async function benchSmooth(quick: boolean): Promise<BenchResult> {
  await ready();
  const steps = quick ? 100 : 3000;
  const mdSteps = quick ? 500 : 20_000;
  const energy = new TorusRings();
  const logZ = logNormaliser(quick ? 600 : 2000);
  const rows = tf.tensor2d(drawRings(quick ? 20_000 : 100_000, 'train'), [quick ? 20_000 : 100_000, 2]);
  const test = tf.tensor2d(drawRings(HELD_OUT, 'test'), [HELD_OUT, 2]);
  const forces = energy.force(rows);
  const results: Outcome[] = [];
  for (const contestant of CONTESTANTS) {
    results.push(await judge(contestant, { rows, forces, test, energy, logZ, steps, mdSteps }));
  }
  tf.dispose([rows, test, forces]);
  return {
    json: {
      lib: 'tfjs-flows',
      bench: 'smooth',
      steps,
      batch: BATCH,
      md_steps: mdSteps,
      step_size: STEP,
      quick,
      results,
    },
    table: tableOf(results, steps, mdSteps),
  };
}

interface Setting {
  readonly rows: Tensor;
  readonly forces: Tensor;
  readonly test: Tensor;
  readonly energy: Energy;
  readonly logZ: number;
  readonly steps: number;
  readonly mdSteps: number;
}

async function judge({ name, build, objective }: Contestant, setting: Setting): Promise<Outcome> {
  const { rows, forces, test, energy, logZ, steps, mdSteps } = setting;
  using flow = build();
  const began = performance.now();
  const data = objective ? { x: rows, targets: forces } : rows;
  await fit(flow, data, { objective, steps, batchSize: BATCH, learningRate: 1e-3, clipNorm: 10, seed: name });
  const msPerStep = (performance.now() - began) / steps;
  using own = new FlowEnergy({ flow });
  const { nats, exact, error, size } = tf.tidy(() => {
    const mean = (x: Tensor) => tf.mean(x).dataSync()[0];
    const force = energy.force(test);
    return {
      nats: mean(flow.logProb(test)),
      exact: -mean(energy.energy(test)) - logZ,
      error: Math.sqrt(mean(tf.square(tf.sub(own.force(test), force)))),
      size: Math.sqrt(mean(tf.square(force))),
    };
  });
  const positions = tf.tidy(() => tf.slice(test, 0, COPIES).dataSync()) as Float32Array;
  const start = performance.now();
  const run = { positions, stepSize: STEP, steps: mdSteps, every: 20, seed: 'md' };
  const { drift } = await velocityVerlet(own, run);
  return {
    flow: name,
    parameters: flow.parameterCount,
    nats,
    gap: exact - nats,
    force_error: error,
    force_exact: size,
    force_jumps: [largestJump(own, 10_000), largestJump(own, 40_000)],
    drift_rms: drift.rms,
    drift_largest: drift.largest,
    drift_rate: drift.rate,
    ms_per_step: msPerStep,
    ms_per_md_step: (performance.now() - start) / mdSteps,
  };
}

/** Largest change of the force between neighbours of a line around the torus. */
function largestJump(energy: Energy, cells: number): number {
  return tf.tidy(() => {
    const line = tf.tensor1d(Float32Array.from({ length: cells + 1 }, (_, i) => Math.PI * ((2 * i) / cells - 1)));
    const points = tf.stack([line, tf.add(tf.mul(line, 0.5), 0.3)], 1);
    const force = energy.force(points);
    return tf.max(tf.abs(tf.sub(tf.slice(force, 1), tf.slice(force, 0, cells)))).dataSync()[0];
  });
}

function tableOf(results: readonly Outcome[], steps: number, mdSteps: number): string {
  const rows = results.map((result) => [
    result.flow,
    String(result.parameters),
    result.nats.toFixed(3),
    result.gap.toFixed(3),
    `${result.force_error.toFixed(1)} of ${result.force_exact.toFixed(1)}`,
    result.force_jumps.map((jump) => jump.toPrecision(2)).join(', '),
    result.drift_rms.toExponential(1),
    result.drift_largest.toExponential(1),
    result.drift_rate.toExponential(1),
    result.ms_per_step.toFixed(1),
    result.ms_per_md_step.toFixed(2),
  ]);
  const columns = ['', 'parameters', 'nats', 'gap', 'force error', 'jumps', 'drift rms', 'largest', 'rate', 'ms a step', 'ms an MD step']; // prettier-ignore
  return `Rings on the torus; ${steps} steps of ${BATCH}; ${COPIES} copies for ${mdSteps} MD steps of ${STEP}. Forces in kT/rad, drift in kT per degree of freedom\n${formatTable([columns, ...rows])}`;
}
