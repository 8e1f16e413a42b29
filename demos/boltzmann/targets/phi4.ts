import * as tf from '@tensorflow/tfjs-core';
import {
  cosine,
  Hmc,
  IndependenceMetropolis,
  Normal,
  RandomStream,
  reverseKl,
  sampleChains,
  scalarFieldFlow,
  ScalarFieldLattice,
  summarizeChains,
} from 'tfjs-flows';
import type { BoltzmannTarget, Study, Trained } from '../target.js';

const SHAPE = [8, 8] as const;
const SITES = SHAPE[0] * SHAPE[1];
const CHAINS = 50;
/** By Hamiltonian Monte Carlo, with its error: `L² ⟨m²⟩`. */
const SUSCEPTIBILITY = { value: 0.7436, error: 0.0025 };
/** Of proposals from 16 affine layers, as published. */
const PUBLISHED_ACCEPTANCE = 0.463;

const energy = new ScalarFieldLattice({ shape: SHAPE });

/** A long run of Hamiltonian Monte Carlo, `[draws, 8, 8]`. */
async function hybrid(quick: boolean): Promise<tf.Tensor> {
  const start = tf.mul(new RandomStream('start').normalTensor([CHAINS, ...SHAPE]), 0.3);
  const { samples } = await sampleChains(energy, {
    sampler: new Hmc({ leapfrogSteps: 10, adaptScale: false }), start, draws: quick ? 40 : 200, warmup: 200, thin: 3, seed: 'chains',
  }); // prettier-ignore
  start.dispose();
  const rows = tf.reshape(samples, [-1, ...SHAPE]);
  samples.dispose();
  return rows;
}

/** Chains whose proposals are the flow's draws: how many are accepted, and the susceptibility that they find. */
async function study({ flow, quick }: Trained): Promise<Study> {
  const start = flow.sample(CHAINS, { seed: 'start' });
  const run = await sampleChains(energy, {
    sampler: new IndependenceMetropolis({ proposal: flow }), start, draws: quick ? 200 : 1000, warmup: 20, seed: 'proposals',
  }); // prettier-ignore
  const acceptance = run.acceptance.reduce((sum, value) => sum + value, 0) / CHAINS;
  const squares = tf.tidy(() => tf.mul(SITES, tf.square(tf.mean(run.samples, [2, 3]))));
  const { mean, standardError } = summarizeChains(tf.tidy(() => tf.expandDims(squares, 2)));
  tf.dispose([start, run.samples, squares]);
  return {
    figures: {
      acceptance,
      published_acceptance: PUBLISHED_ACCEPTANCE,
      susceptibility: mean[0],
      susceptibility_standard_error: standardError[0],
      reference_susceptibility: SUSCEPTIBILITY,
    },
    shown: {
      'Metropolis, proposals accepted': `${(100 * acceptance).toFixed(1)} %, published ${(100 * PUBLISHED_ACCEPTANCE).toFixed(1)} %`,
      'susceptibility by these chains': `${mean[0].toFixed(4)} ± ${standardError[0].toFixed(4)}, by HMC ${SUSCEPTIBILITY.value} ± ${SUSCEPTIBILITY.error}`,
    },
    charts: [],
  };
}

/** A real scalar field with a quartic interaction on an 8 x 8 lattice, from its action alone. */
export const phi4: BoltzmannTarget = {
  name: 'phi^4',
  title: 'path gradients',
  energy,
  build: () => scalarFieldFlow({ shape: SHAPE, layers: 8, hidden: [12, 12], bins: 8, tailBound: 2, base: new Normal({ eventShape: SHAPE, loc: 0, scale: 0.4 }), seed: 'phi4' }), // prettier-ignore
  stages: (quick) => [
    {
      name: 'path gradients',
      options: {
        objective: reverseKl(energy),
        steps: quick ? 150 : 2500,
        batchSize: quick ? 64 : 128,
        learningRate: 5e-3,
        schedule: cosine(),
        clipNorm: 100,
      },
    },
  ],
  reference: { title: 'Hamiltonian Monte Carlo', draws: hybrid },
  // By thermodynamic integration, ± 0.015.
  logPartition: 9.291,
  observables: [
    { title: 'magnetisation', range: [-0.5, 0.5], of: (field) => [mean(field)] },
    { title: 'field at a site', range: [-1.2, 1.2], of: (field) => [...field.subarray(0, 8)] },
  ],
  study,
};

function mean(field: Float32Array): number {
  return field.reduce((sum, value) => sum + value, 0) / field.length;
}
