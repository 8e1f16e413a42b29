import {
  cosine,
  flowAnnealedBootstrap,
  Hmc,
  ManyWell,
  reverseKl,
  splineCouplingFlow,
  TemperedEnergy,
} from 'tfjs-flows';
import type { BoltzmannTarget, Stage } from '../target.js';

const energy = new ManyWell();

/** By draws and path gradients, at a higher temperature. */
function warm(temperature: number, quick: boolean): Stage {
  return {
    name: `temperature ${temperature}`,
    options: {
      objective: reverseKl(new TemperedEnergy({ energy: new ManyWell(), temperature })),
      steps: quick ? 100 : 200,
      batchSize: 512,
      learningRate: 1e-2,
      schedule: cosine(),
      clipNorm: 100,
    },
  };
}

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
    // At these temperatures walls are low: both sides of each well are found.
    warm(4, quick),
    warm(2, quick),
    {
      name: 'FAB',
      options: {
        objective: flowAnnealedBootstrap(energy, {
          levels: 3,
          reuse: 16,
          sampler: new Hmc({ leapfrogSteps: 4, stepSize: 0.1 }),
        }),
        steps: quick ? 400 : 4000,
        batchSize: 512,
        learningRate: 5e-3,
        schedule: cosine(),
        clipNorm: 100,
        ema: quick ? 0.99 : 0.998,
      },
    },
  ],
  exact: (n) => energy.sample(n, { seed: 'test' }),
  logPartition: energy.logPartition,
  observables: [{ title: 'x₁', range: [-3, 3], of: ([x]) => [x] }],
};
