import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import {
  ContinuousBijector,
  cosine,
  EquivariantField,
  Flow,
  flowMatching,
  Hmc,
  LennardJones,
  MultiDoubleWell,
  Normal,
  optimalTransport,
  PinnedCentre,
  RadialField,
  RandomStream,
  sampleChains,
  type Energy,
  type VectorField,
} from 'tfjs-flows';
import { pairDistances } from '../pair-distances.js';
import type { BoltzmannTarget } from '../target.js';

/** Draws of Markov chains, all of them after one another, started at random near the origin. */
async function chains(energy: Energy, spread: number, draws: number, seed: string): Promise<Tensor> {
  const start = tf.mul(new RandomStream(seed).normalTensor([200, ...energy.eventShape]), spread);
  const { samples } = await sampleChains(energy, {
    sampler: new Hmc({ leapfrogSteps: 10, stepSize: 0.02 }), start, draws: draws / 200, warmup: 300, thin: 10, seed,
  }); // prettier-ignore
  start.dispose();
  const rows = tf.reshape(samples, [-1, ...energy.eventShape]);
  samples.dispose();
  return rows;
}

interface Cluster {
  readonly name: string;
  readonly energy: Energy;
  readonly points: number;
  readonly spatialDims: number;
  /** Scale of the base, and of where chains start. */
  readonly spread: number;
  readonly field: () => VectorField;
  readonly learningRate: number;
  /** Draws that are weighed at most; each is a differential equation to be solved. */
  readonly mostDraws: readonly [quick: number, full: number];
  /** Ends of the histogram of distances. */
  readonly farthest: readonly [number, number];
  readonly steps: readonly [quick: number, full: number];
}

/** A flow along an equivariant field that keeps the centre of mass, by flow matching on draws of chains. */
function cluster(options: Cluster): BoltzmannTarget {
  const { name, energy, points, spatialDims, spread, field, learningRate, mostDraws, farthest, steps } = options;
  const pinned = new PinnedCentre({ energy, scale: spread });
  return {
    name,
    title: 'flow matching',
    energy: pinned,
    build: () =>
      new Flow({
        base: new Normal({ eventShape: [points, spatialDims], loc: 0, scale: spread }),
        bijector: new ContinuousBijector({ field: field() }),
      }),
    data: (quick) => chains(pinned, spread, quick ? 4000 : 20_000, 'data'),
    reference: {
      title: 'Hamiltonian Monte Carlo',
      draws: (quick) => chains(pinned, spread, quick ? 2000 : 10_000, 'reference'),
    },
    stages: (quick) => [
      {
        name: 'flow matching',
        onData: true,
        options: {
          objective: flowMatching({ coupling: optimalTransport() }),
          steps: quick ? steps[0] : steps[1],
          batchSize: 128,
          learningRate,
          schedule: cosine(),
          ema: quick ? 0.99 : 0.999,
        },
      },
    ],
    mostDraws: (quick) => mostDraws[quick ? 0 : 1],
    logPartition: null,
    observables: [{ title: 'distance of two particles', range: farthest, of: (x) => pairDistances(x, spatialDims) }],
  };
}

export const dw4 = cluster({
  name: 'DW4',
  energy: new MultiDoubleWell(),
  points: 4,
  spatialDims: 2,
  spread: 2,
  field: () => new EquivariantField({ points: 4, spatialDims: 2, hidden: 32, layers: 3, initialOutput: 'zero', seed: 'dw4' }), // prettier-ignore
  learningRate: 3e-3,
  mostDraws: [300, 4000],
  farthest: [0, 8],
  steps: [500, 8000],
});

export const lj13 = cluster({
  name: 'LJ13',
  energy: new LennardJones(),
  points: 13,
  spatialDims: 3,
  spread: 1,
  field: () => new RadialField({ points: 13, spatialDims: 3, radialBases: 32, timeBases: 12, reach: 4, initialOutput: 'zero' }), // prettier-ignore
  learningRate: 1e-2,
  mostDraws: [1000, 4000],
  farthest: [0, 5],
  steps: [300, 3000],
});
