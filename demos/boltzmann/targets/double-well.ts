import { cosine, DoubleWell, flowAnnealedBootstrap, mixedKl, splineCouplingFlow } from 'tfjs-flows';
import type { BoltzmannTarget, Stage } from '../target.js';

/** The well of stochastic normalizing flows: two states, 84 % of the probability in the right one. */
const energy = new DoubleWell({ a: -0.5, b: -6, c: 1 });

const common: Omit<BoltzmannTarget, 'name' | 'title' | 'stages'> = {
  energy,
  build: () =>
    splineCouplingFlow({ dims: 2, layers: 4, hidden: [32, 32], bins: 12, tailBound: 4, seed: 'double well' }),
  data: (quick) => Promise.resolve(energy.sample(quick ? 4000 : 10_000, { seed: 'data' })),
  exact: (n) => energy.sample(n, { seed: 'test' }),
  logPartition: energy.logPartition,
  observables: [{ title: 'x₁', range: [-3, 3], of: ([x]) => [x] }],
  plane: [[-3, 3], [-4, 4]],
}; // prettier-ignore

/** By likelihood, then with the energy too. */
const mixed = (quick: boolean): Stage[] => [
  {
    name: 'likelihood',
    onData: true,
    options: { steps: quick ? 300 : 1000, batchSize: 256, learningRate: 3e-3 },
  },
  {
    name: 'mixed',
    onData: true,
    options: { objective: mixedKl(energy), steps: quick ? 400 : 2000, batchSize: 256, learningRate: 2e-3, schedule: cosine() },
  },
]; // prettier-ignore

/** By the energy alone. */
const annealed = (quick: boolean): Stage[] => [
  {
    name: 'FAB',
    options: {
      objective: flowAnnealedBootstrap(energy),
      steps: quick ? 600 : 3000,
      batchSize: 256,
      learningRate: 3e-3,
      schedule: cosine(),
    },
  },
];

export const doubleWellMixed: BoltzmannTarget = { ...common, name: 'double well', title: 'mixed', stages: mixed };
export const doubleWellAnnealed: BoltzmannTarget = { ...common, name: 'double well', title: 'FAB', stages: annealed };
