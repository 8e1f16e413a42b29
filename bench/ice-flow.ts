import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import {
  cosine,
  effectiveSampleSize,
  fit,
  freeEnergyPerturbation,
  IceXI,
  ready,
  RegularizedEnergy,
  reverseKl,
  rigidBodyFlow,
  type Flow,
} from 'tfjs-flows';
import { drawIce } from './ice-reference.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';

const [HOT, COLD] = [250, 100];
const BATCH = 32;
const CHUNK = 250;

/** Published: of one flow, on 10,000 draws. */
const PUBLISHED = { free_energy: -669.711, per_molecule: -41.8647, ess: 0.2375, loss: -669.2 };

/** A flow from ice at 250 K to ice at 100 K, trained by energy alone on draws of the first. */
export async function benchIceFlow(quick: boolean): Promise<BenchResult> {
  await ready();
  const [draws, steps] = quick ? [20, 100] : [313, 10_000];
  const run = { temperature: HOT, warmup: quick ? 60 : 150, thin: 2 };
  const began = performance.now();
  const train = pinned((await drawIce({ ...run, draws, seed: 'train' })).samples);
  const test = pinned((await drawIce({ ...run, draws, seed: 'test' })).samples);
  const drawingSeconds = (performance.now() - began) / 1000;
  using hot = new IceXI({ temperature: HOT });
  using cold = new RegularizedEnergy({ energy: new IceXI({ temperature: COLD }) });
  using flow = rigidBodyFlow({ bodies: 16, box: hot.box, preset: quick ? 'small' : 'paper', seed: 'ice' });
  const before = await judge(flow, test, hot, cold.uncut as IceXI);
  const start = performance.now();
  await fit(flow, train, {
    // The base is given by its draws: the uniform one that the flow holds is a constant.
    objective: reverseKl(cold, { gradient: 'total' }),
    steps,
    batchSize: BATCH,
    learningRate: 1e-3,
    schedule: cosine({ floor: 0.01 }),
    clipNorm: 10,
    allowConstant: true,
    seed: 'ice',
    callbacks: { onEpoch: ({ steps: taken, train: loss }) => console.error(JSON.stringify({ taken, loss })) },
  });
  const msPerStep = (performance.now() - start) / steps;
  const after = await judge(flow, test, hot, cold.uncut as IceXI);
  const parameters = flow.parameterCount;
  tf.dispose([train, test]);
  return {
    json: {
      lib: 'tfjs-flows',
      bench: 'ice-flow',
      draws: draws * 32,
      steps,
      batch: BATCH,
      parameters,
      before,
      after,
      published: PUBLISHED,
      ms_per_step: msPerStep,
      drawing_seconds: drawingSeconds,
      quick,
    },
    table: `Ice XI, 16 molecules, ${HOT} K to ${COLD} K; ${parameters} parameters, ${steps} steps of ${BATCH}, ${msPerStep.toFixed(0)} ms each\n${formatTable(
      [
        ['', 'loss', 'free energy', 'a molecule', 'ESS'],
        ...Object.entries({ before, after }).map(([name, { loss, free_energy, standard_error, ess }]) => [
          name,
          loss.toFixed(2),
          `${free_energy.toFixed(3)} ± ${standard_error.toFixed(3)}`,
          (free_energy / 16).toFixed(4),
          `${(100 * ess).toFixed(2)} %`,
        ]),
        ['published', PUBLISHED.loss.toFixed(2), PUBLISHED.free_energy.toFixed(3), PUBLISHED.per_molecule.toFixed(4), `${100 * PUBLISHED.ess} %`], // prettier-ignore
      ],
    )}`,
  };
}

interface Judgement {
  /** Mean of `u₁(g(z)) - u₀(z) - log |det ∂g/∂z|`, above the free energy by a divergence, kT. */
  readonly loss: number;
  readonly free_energy: number;
  readonly standard_error: number;
  /** Kish, as a share of the draws. */
  readonly ess: number;
}

/** Learned free energy perturbation on draws that the flow was not trained on. */
async function judge(flow: Flow, draws: Tensor, hot: IceXI, cold: IceXI): Promise<Judgement> {
  const logWeights: number[] = [];
  for (let first = 0; first < draws.shape[0]; first += CHUNK) {
    const part = tf.tidy(() => {
      const z = tf.slice(draws, first, Math.min(CHUNK, draws.shape[0] - first));
      const [x, logDet] = flow.bijector.forwardAndLogDet(z);
      return tf.add(tf.sub(hot.energy(z), cold.energy(x)), logDet);
    });
    logWeights.push(...Array.from((await part.data()) as Float32Array));
    part.dispose();
  }
  const { value, standardError } = freeEnergyPerturbation(logWeights);
  return {
    loss: -logWeights.reduce((sum, weight) => sum + weight, 0) / logWeights.length,
    free_energy: value,
    standard_error: standardError,
    ess: effectiveSampleSize(logWeights) / logWeights.length,
  };
}

/** Moves each draw so that its first molecule is where it is in the crystal, which the energy does not notice. */
function pinned(samples: Tensor): Tensor {
  return tf.tidy(() => {
    using ice = new IceXI();
    const site = tf.reshape(tf.tensor1d(ice.reference!.slice(0, 3)), [1, 1, 3]);
    const [places, rotations] = tf.split(samples, [3, 4], 2);
    samples.dispose();
    return tf.concat([tf.add(tf.sub(places, tf.slice(places, [0, 0, 0], [-1, 1, 3])), site), rotations], 2);
  });
}
