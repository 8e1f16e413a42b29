import { cosine, flowAnnealedBootstrap, Hmc, ManyWell, splineCouplingFlow } from 'tfjs-flows';
import type { BoltzmannTarget } from '../target.js';

const energy = new ManyWell();

/** 2¹⁶ modes in 32 dimensions, on the energy alone. */
export const manyWell: BoltzmannTarget = {
  name: 'many-well 32',
  title: 'FAB',
  energy,
  build: () =>
    splineCouplingFlow({
      dims: 32, layers: 2, hidden: [32], bins: 16, tailBound: 4, mixing: 'none', unconditionalSplines: true, standardize: false, seed: 'many',
    }), // prettier-ignore
  stages: (quick) => [
    {
      name: 'FAB',
      options: {
        objective: flowAnnealedBootstrap(energy, {
          levels: 3,
          reuse: 16,
          sampler: new Hmc({ leapfrogSteps: 4, stepSize: 0.1 }),
        }),
        steps: quick ? 800 : 3600,
        batchSize: 512,
        learningRate: quick ? 5e-3 : 1e-2,
        schedule: cosine(),
        clipNorm: 100,
      },
    },
  ],
  exact: (n) => energy.sample(n, { seed: 'test' }),
  logPartition: energy.logPartition,
  observables: [{ title: 'x₁', range: [-3, 3], of: ([x]) => [x] }],
};
