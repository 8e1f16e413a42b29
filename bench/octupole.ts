import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import {
  cosine,
  effectiveSampleSize,
  fit,
  type Flow,
  logMeanWeight,
  OctupoleRotor,
  ready,
  rotationFlow,
  rotationMatrix,
  reverseKl,
  type ReverseKlOptions,
  type RotationFlowOptions,
} from 'tfjs-flows';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';

const BATCH = 256;
const DRAWS = 100_000;
/** Draws that are weighed at a time. */
const CHUNK = 10_000;
const STRENGTHS = [2, 4, 8];
/** Area of the sphere of quaternions. */
const LOG_AREA = Math.log(2 * Math.PI ** 2);
/** Corners of the tetrahedron. */
const CORNERS = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]; // prettier-ignore

/** One kind of flow. */
interface Contestant {
  readonly name: string;
  readonly options: RotationFlowOptions;
  /** The path gradient takes the inverse, which convex maps have no formula for. */
  readonly gradient: ReverseKlOptions['gradient'];
  readonly learningRate: number;
}

const CONTESTANTS: readonly Contestant[] = [
  { name: 'convex', options: { transform: 'convex', layers: 6, components: 8, direction: 'forward', seed: 'rigid' }, gradient: 'total', learningRate: 0.02 }, // prettier-ignore
  {
    name: 'spline',
    options: { transform: 'spline', layers: 16, bins: 12, seed: 'rigid' },
    gradient: 'path',
    learningRate: 0.005,
  },
];

interface Outcome {
  readonly flow: string;
  readonly parameters: number;
  readonly kappa: number;
  /** Of the target, by the Haar measure of total 1: exact, and by the draws. */
  readonly log_z: number;
  readonly log_z_error: number;
  /** Nats that the loss ends above the exact `-log Z`: the divergence from the target. */
  readonly divergence: number;
  /** Effective sample size, of one draw. */
  readonly ess: number;
  /** Part of the draws that the corner with fewest and most has along the field; a quarter each is right. */
  readonly modes: readonly [least: number, most: number];
  readonly ms_per_step: number;
}

/** Flows of rotations trained on the energy of a tetrahedron in an octupole field, without data. */
export async function benchOctupole(quick: boolean): Promise<BenchResult> {
  await ready();
  const steps = quick ? 300 : 4000;
  const results: Outcome[] = [];
  for (const contestant of quick ? CONTESTANTS.slice(0, 1) : CONTESTANTS) {
    for (const kappa of quick ? [4] : STRENGTHS) results.push(await judge(contestant, kappa, steps));
  }
  return {
    json: { lib: 'tfjs-flows', bench: 'octupole', steps, batch: BATCH, draws: DRAWS, quick, results },
    table: tableOf(results, steps),
  };
}

async function judge(
  { name, options, gradient, learningRate }: Contestant,
  kappa: number,
  steps: number,
): Promise<Outcome> {
  const energy = new OctupoleRotor({ strength: kappa });
  using flow = rotationFlow(options);
  const began = performance.now();
  // Strong fields are come to by weak ones: started on many narrow modes, a flow settles on some.
  const strengths = kappa > 4 ? [kappa / 4, kappa / 2, (3 * kappa) / 4, kappa] : [kappa];
  for (const strength of strengths) {
    using weaker = new OctupoleRotor({ strength });
    await fit(flow, { objective: reverseKl(weaker, { gradient }), steps, batchSize: BATCH, learningRate, schedule: cosine(), clipNorm: 10, seed: name }); // prettier-ignore
  }
  const msPerStep = (performance.now() - began) / steps / strengths.length;
  const { logWeights, modes } = weigh(flow, energy);
  const found = logMeanWeight(logWeights) - LOG_AREA;
  const mean = logWeights.reduce((sum, value) => sum + value, 0) / DRAWS;
  const outcome = {
    flow: name,
    parameters: flow.parameterCount,
    kappa,
    log_z: energy.logPartition,
    log_z_error: found - energy.logPartition,
    divergence: energy.logPartition + LOG_AREA - mean,
    ess: effectiveSampleSize(logWeights) / DRAWS,
    modes,
    ms_per_step: msPerStep,
  };
  energy.dispose();
  return outcome;
}

/** Log-weights of fresh draws with respect to area, and how these are spread over the corners. */
function weigh(flow: Flow, energy: OctupoleRotor): { logWeights: number[]; modes: [number, number] } {
  const logWeights: number[] = [];
  const counts = CORNERS.map(() => 0);
  for (let first = 0; first < DRAWS; first += CHUNK) {
    tf.tidy(() => {
      const [x, logProb] = flow.sampleAndLogProb(CHUNK, { seed: `draws ${first}` });
      logWeights.push(...tf.neg(tf.add(energy.energy(x), logProb)).dataSync<'float32'>());
      const field: Tensor = tf.slice(rotationMatrix(x), [0, 6], [-1, 3]);
      const nearest = tf.argMax(tf.matMul(field as tf.Tensor2D, tf.tensor2d(CORNERS), false, true), 1).dataSync();
      nearest.forEach((corner) => counts[corner]++);
    });
  }
  const parts = counts.map((count) => count / DRAWS);
  return { logWeights, modes: [Math.min(...parts), Math.max(...parts)] };
}

function tableOf(results: readonly Outcome[], steps: number): string {
  const rows = results.map((result) => [
    result.flow,
    String(result.parameters),
    String(result.kappa),
    result.log_z.toFixed(4),
    result.log_z_error.toFixed(4),
    result.divergence.toFixed(4),
    `${(100 * result.ess).toFixed(1)} %`,
    result.modes.map((part) => part.toFixed(3)).join(' - '),
    result.ms_per_step.toFixed(1),
  ]);
  const columns = ['', 'parameters', 'kappa', 'log Z', 'error', 'divergence', 'ESS', 'corners', 'ms a step'];
  return `Octupole rotor, trained on its energy; ${steps} steps of ${BATCH}, ${DRAWS} draws\n${formatTable([columns, ...rows])}`;
}
