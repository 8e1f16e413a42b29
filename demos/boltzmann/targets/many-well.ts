import { cosine, flowAnnealedBootstrap, ManyWell, splineCouplingFlow } from 'tfjs-flows';
import type { BoltzmannTarget } from '../target.js';

const energy = new ManyWell();

/** 2¹⁶ modes in 32 dimensions, on the energy alone. */
export const manyWell: BoltzmannTarget = {
  name: 'many-well 32',
  title: 'FAB',
  energy,
  build: () =>
    splineCouplingFlow({
      dims: 32, layers: 4, hidden: [64, 64], bins: 12, tailBound: 4, mixing: 'none', unconditionalSplines: true, seed: 'many',
    }), // prettier-ignore
  stages: (quick) => [
    {
      name: 'FAB',
      options: {
        objective: flowAnnealedBootstrap(energy, { levels: 4, reuse: 8 }),
        steps: quick ? 200 : 4000,
        batchSize: 512,
        learningRate: 2e-3,
        schedule: cosine(),
        clipNorm: 100,
      },
    },
  ],
  exact: (n) => energy.sample(n, { seed: 'test' }),
  logPartition: energy.logPartition,
};
