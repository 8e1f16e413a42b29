import * as tf from '@tensorflow/tfjs-core';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  AlanineDipeptide,
  basinFreeEnergy,
  cosine,
  flowAnnealedBootstrap,
  Hmc,
  mixedKl,
  moleculeFlow,
  normalizedWeights,
  RegularizedEnergy,
  type Flow,
} from 'tfjs-flows';
import { BASINS, isIn } from '../alanine/basins.js';
import { ramachandranChart } from '../alanine/ramachandran.js';
import { readSample } from '../alanine/sample-file.js';
import { trainingData } from '../alanine/training-data.js';
import { backboneTorsions } from '../alanine/torsions.js';
import type { BoltzmannTarget, Study, Trained } from '../target.js';

const ATOMS = 22;
/** Of a long run of parallel tempering, by `npm run alanine:reference`. */
const SAMPLE = fileURLToPath(new URL('../../../../demos/boltzmann/alanine/sample.f32.gz', import.meta.url));
/** Where chains to train on are kept, apart from those. */
const CHAINS = join('models', 'boltzmann', 'alanine-chains');
/** Minutes that they run. */
const MINUTES = { quick: 0.3, full: 3 };

const energy = new AlanineDipeptide();

/** Shares of all basins, and the free energy of positive phi, by weighted draws of the flow and by the reference. */
function study({ draws, reference }: Trained): Promise<Study> {
  const weights = normalizedWeights(draws.logWeights);
  const [own, their] = [backboneTorsions(draws.positions), backboneTorsions(reference!)];
  const equal = new Float64Array(their.phi.length).fill(1 / their.phi.length);
  const plain = new Float64Array(own.phi.length).fill(1 / own.phi.length);
  const shares = BASINS.map((basin) => ({
    basin: basin.name,
    flow: share(own, weights, (phi, psi) => isIn(basin, phi, psi)),
    reference: share(their, equal, (phi, psi) => isIn(basin, phi, psi)),
    drawn: share(own, plain, (phi, psi) => isIn(basin, phi, psi)),
  }));
  const sides = Array.from(own.phi, (phi, i) => (own.trans[i] ? Number(isPositive(phi)) : 2));
  const difference = basinFreeEnergy(sides, draws.logWeights, { resamples: 200, seed: 'basins' });
  const right = share(their, equal, isPositive);
  const theirs = -Math.log(right / (1 - right));
  const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
  return Promise.resolve({
    figures: {
      basins: shares,
      positive_phi: { flow: difference.value, standard_error: difference.standardError, reference: theirs },
    },
    shown: {
      'free energy of positive φ': `${difference.value.toFixed(2)} ± ${difference.standardError.toFixed(2)} kT, by tempering ${theirs.toFixed(2)}`,
      ...Object.fromEntries(
        shares.map(({ basin, flow, drawn, reference: other }) => [`share of ${basin}`, `${percent(flow)}, unweighted ${percent(drawn)}, by tempering ${percent(other)}`]), // prettier-ignore
      ),
    },
    charts: [
      ramachandranChart('Ramachandran plot: draws of the flow', own.phi, own.psi, plain),
      ramachandranChart('Ramachandran plot: weighted', own.phi, own.psi, weights),
      ramachandranChart('Ramachandran plot: parallel tempering', their.phi, their.psi, equal),
    ],
  });
}

function isPositive(phi: number): boolean {
  return phi > 0 && phi < (126 * Math.PI) / 180;
}

/** Part of the weight of molecules with trans bonds that a test takes in. */
function share(
  { phi, psi, trans }: ReturnType<typeof backboneTorsions>,
  weights: Float64Array,
  test: (phi: number, psi: number) => boolean,
): number {
  let [inside, all] = [0, 0];
  weights.forEach((weight, i) => {
    if (!trans[i]) return;
    all += weight;
    if (test(phi[i], psi[i])) inside += weight;
  });
  return inside / all;
}

/** Without the heights that draws of an untrained flow reach. */
function cut(): RegularizedEnergy {
  return new RegularizedEnergy({ energy: new AlanineDipeptide(), high: 500, max: 1e4 });
}

function build(): Flow {
  const sample = readSample(SAMPLE);
  const data = tf.tensor(sample, [sample.length / (3 * ATOMS), ATOMS, 3]);
  try {
    return moleculeFlow({
      zMatrix: AlanineDipeptide.zMatrix,
      data,
      layers: 8,
      hidden: [96, 96],
      bins: 8,
      seed: 'alanine',
    });
  } finally {
    data.dispose();
  }
}

/** Alanine dipeptide in vacuum at 300 K: by likelihood on a sample, then with the energy too. */
export const alanine: BoltzmannTarget = {
  name: 'alanine dipeptide',
  title: 'mixed',
  energy,
  build,
  data: (quick) => trainingData(join(CHAINS, quick ? 'quick' : 'full'), quick ? MINUTES.quick : MINUTES.full),
  stages: (quick) => [
    {
      name: 'likelihood',
      onData: true,
      options: { steps: quick ? 150 : 1500, batchSize: 256, learningRate: 1e-3, clipNorm: 100, allowConstant: true },
    },
    {
      name: 'mixed',
      onData: true,
      options: {
        objective: mixedKl(cut(), { likelihood: 0.2 }),
        steps: quick ? 50 : 3000,
        batchSize: 256,
        learningRate: 1e-3,
        schedule: cosine(),
        ema: quick ? 0.95 : 0.995,
        clipNorm: 100,
        // The first atom of each is the origin.
        allowConstant: true,
      },
    },
    {
      // Covers what the reverse divergence of the stage before has given up.
      name: 'FAB',
      options: {
        objective: flowAnnealedBootstrap(cut(), {
          levels: 4,
          reuse: 8,
          sampler: new Hmc({ leapfrogSteps: 4, stepSize: 0.001 }),
        }),
        steps: quick ? 40 : 2000,
        batchSize: 256,
        learningRate: 3e-4,
        schedule: cosine(),
        ema: quick ? 0.95 : 0.995,
        clipNorm: 100,
      },
    },
  ],
  reference: {
    title: 'parallel tempering',
    draws: () => Promise.resolve(tf.reshape(tf.tensor1d(readSample(SAMPLE)), [-1, ATOMS, 3])),
  },
  logPartition: null,
  observables: [
    { title: 'φ, degrees', range: [-180, 180], of: (x) => [(180 / Math.PI) * backboneTorsions(x).phi[0]] },
    { title: 'ψ, degrees', range: [-180, 180], of: (x) => [(180 / Math.PI) * backboneTorsions(x).psi[0]] },
  ],
  study,
};
