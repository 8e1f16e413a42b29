import { cosine, OctupoleRotor, reverseKl, rotationFlow } from 'tfjs-flows';
import type { BoltzmannTarget } from '../target.js';

const STRENGTH = 4;
const energy = new OctupoleRotor({ strength: STRENGTH });
/** Area of the sphere of quaternions, over which flows of rotations are densities. */
const LOG_AREA = Math.log(2 * Math.PI ** 2);

/** Rotations of a tetrahedron in an octupole field, from the energy alone: each of its four corners may point along the field. */
export const octupole: BoltzmannTarget = {
  name: 'octupole',
  title: 'path gradients',
  energy,
  build: () => rotationFlow({ transform: 'spline', layers: 8, bins: 8, seed: 'octupole' }),
  stages: (quick) => [
    {
      name: 'path gradients',
      options: {
        objective: reverseKl(energy, { gradient: 'path' }),
        steps: quick ? 600 : 5000,
        batchSize: 256,
        learningRate: 0.02,
        schedule: cosine(),
        clipNorm: 10,
      },
    },
  ],
  logPartition: energy.logPartition + LOG_AREA,
};
