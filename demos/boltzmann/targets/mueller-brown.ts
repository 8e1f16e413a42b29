import { cosine, flowAnnealedBootstrap, MuellerBrown, Normal, splineCouplingFlow, type Flow } from 'tfjs-flows';
import type { BoltzmannTarget } from '../target.js';

const energy = new MuellerBrown({ scale: 0.15, offset: 146.7 });

/** Draws fill the part of the plane where the minima are, from the start. */
function build(): Flow {
  const base = new Normal({ loc: [-0.2, 0.8], scale: 0.5 });
  return splineCouplingFlow({ dims: 2, layers: 5, hidden: [32, 32], bins: 12, tailBound: 3, base, seed: 'mueller' });
}

/** Three states, on energies alone. The reference of `log Z` is by quadrature. */
export const muellerBrown: BoltzmannTarget = {
  name: 'Müller-Brown',
  title: 'FAB',
  energy,
  build,
  stages: (quick) => [
    {
      name: 'FAB',
      options: {
        objective: flowAnnealedBootstrap(energy),
        steps: quick ? 600 : 4000,
        batchSize: 256,
        learningRate: 3e-3,
        schedule: cosine(),
        clipNorm: 10,
      },
    },
  ],
  logPartition: -3.389561,
  observables: [{ title: 'x', range: [-1.6, 1.3], of: ([x]) => [x] }],
  plane: [[-1.6, 1.3], [-0.6, 2.1]],
}; // prettier-ignore
