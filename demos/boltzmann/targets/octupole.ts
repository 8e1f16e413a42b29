import * as tf from '@tensorflow/tfjs-core';
import {
  cosine,
  IndependenceMetropolis,
  OctupoleRotor,
  reverseKl,
  rotationFlow,
  sampleChains,
  UniformSphere,
} from 'tfjs-flows';
import { aboutField, alongCorner, fieldLongitude, orientationChart } from '../orientations.js';
import type { BoltzmannTarget } from '../target.js';

const STRENGTH = 4;
const energy = new OctupoleRotor({ strength: STRENGTH });
/** Area of the sphere of quaternions, over which flows of rotations are densities. */
const LOG_AREA = Math.log(2 * Math.PI ** 2);
const CHAINS = 500;

/** A long run of Metropolis' algorithm with proposals from all rotations alike, `[draws, 4]`. */
async function monteCarlo(quick: boolean): Promise<tf.Tensor> {
  using proposal = new UniformSphere({ dims: 4 });
  const start = proposal.sample(CHAINS, { seed: 'start' });
  const { samples } = await sampleChains(energy, {
    sampler: new IndependenceMetropolis({ proposal }), start, draws: quick ? 20 : 200, warmup: 100, thin: 5, seed: 'chains',
  }); // prettier-ignore
  start.dispose();
  const rows = tf.reshape(samples, [-1, 4]);
  samples.dispose();
  return rows;
}

/** Rotations of a tetrahedron in an octupole field, from the energy alone: each of its four corners may point along the field. */
export const octupole: BoltzmannTarget = {
  name: 'octupole',
  title: 'path gradients',
  energy,
  build: () => rotationFlow({ transform: 'spline', layers: 16, bins: 12, seed: 'octupole' }),
  stages: (quick) => [
    {
      name: 'path gradients',
      options: {
        objective: reverseKl(energy, { gradient: 'path' }),
        steps: quick ? 600 : 3000,
        batchSize: 256,
        learningRate: 0.005,
        schedule: cosine(),
        clipNorm: 10,
      },
    },
  ],
  reference: { title: 'Monte Carlo', draws: monteCarlo },
  logPartition: energy.logPartition + LOG_AREA,
  observables: [
    { title: 'cosine of field and nearest corner', range: [0.3, 1], of: (q) => [alongCorner(q)] },
    { title: 'longitude of the field, degrees', range: [-180, 180], of: (q) => [fieldLongitude(q)] },
    { title: 'angle about the field, degrees', range: [-180, 180], of: (q) => [aboutField(q)] },
  ],
  study: ({ draws }) => Promise.resolve({ figures: {}, shown: {}, charts: [orientationChart(draws)] }),
};
