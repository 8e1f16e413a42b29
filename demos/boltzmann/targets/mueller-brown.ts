import { Affine, Chain, cosine, Flow, flowAnnealedBootstrap, MuellerBrown, splineCouplingFlow } from 'tfjs-flows';
import type { BoltzmannTarget } from '../target.js';

const energy = new MuellerBrown({ scale: 0.15, offset: 146.7 });

/** Draws fill the part of the plane where the minima are, from the start. */
function build(): Flow {
  const { base, bijector } = splineCouplingFlow({ dims: 2, layers: 5, hidden: [32, 32], bins: 12, tailBound: 4, seed: 'mueller' }); // prettier-ignore
  const place = new Affine({ shift: [-0.2, 0.8], scale: [0.5, 0.5], learnable: true });
  return new Flow({ base, bijector: new Chain({ bijectors: [bijector, place] }) });
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
};
