import * as tf from '@tensorflow/tfjs-core';
import { cosine, IceXI, RegularizedEnergy, reverseKl, rigidBodyFlow, type Flow } from 'tfjs-flows';
import { CHAINS, drawIce, drawPinnedIce } from '../ice/draws.js';
import type { BoltzmannTarget } from '../target.js';
import type { WeightedDraws } from '../weigh.js';

const [HOT, COLD] = [250, 100];
/** Draws that are weighed at a time. */
const CHUNK = 250;

const hot = new IceXI({ temperature: HOT });
const cold = new IceXI({ temperature: COLD });

/** Draws at 250 K, as many of each chain as asked for. */
const drawHot = (draws: number, quick: boolean, seed: string) =>
  drawPinnedIce({ temperature: HOT, warmup: quick ? 60 : 150, thin: 2, draws, seed });

/** Learned free energy perturbation: draws at 250 K that the flow has not been trained on, where it brings them, and what they are worth. */
async function weigh(flow: Flow, draws: number, quick: boolean): Promise<WeightedDraws> {
  const z = await drawHot(Math.ceil(Math.min(draws, quick ? 640 : Infinity) / CHAINS), quick, 'test');
  const count = Math.min(draws, z.shape[0]);
  const size = z.size / z.shape[0];
  const weighted = {
    positions: new Float32Array(count * size),
    energies: new Float32Array(count),
    logWeights: new Float64Array(count),
  };
  for (let first = 0; first < count; first += CHUNK) {
    const parts = tf.tidy(() => {
      const before = tf.slice(z, first, Math.min(CHUNK, count - first));
      const [x, logDet] = flow.bijector.forwardAndLogDet(before);
      const energy = cold.energy(x);
      return [x, energy, tf.add(tf.sub(hot.energy(before), energy), logDet)];
    });
    const [x, energies, logWeights] = (await Promise.all(parts.map((part) => part.data()))) as Float32Array[];
    tf.dispose(parts);
    weighted.positions.set(x, first * size);
    weighted.energies.set(energies, first);
    weighted.logWeights.set(logWeights, first);
  }
  z.dispose();
  return weighted;
}

/** Ice XI, 16 molecules of TIP4P-Ew water: a flow from 250 K to 100 K, by draws of the first and the energy of the second. */
export const iceXi: BoltzmannTarget = {
  name: 'ice XI',
  title: 'energies',
  energy: cold,
  build: (quick) => rigidBodyFlow({ bodies: 16, box: hot.box, preset: quick ? 'small' : 'paper', seed: 'ice' }),
  data: (quick) => drawHot(quick ? 20 : 313, quick, 'train'),
  stages: (quick) => [
    {
      name: 'energies',
      onData: true,
      options: {
        // The base is given by its draws: the uniform one that the flow holds is a constant.
        objective: reverseKl(new RegularizedEnergy({ energy: new IceXI({ temperature: COLD }) }), {
          gradient: 'total',
        }),
        steps: quick ? 100 : 10_000,
        batchSize: 32,
        learningRate: 1e-3,
        schedule: cosine({ floor: 0.01 }),
        clipNorm: 10,
        allowConstant: true,
        seed: 'ice',
      },
    },
  ],
  weigh,
  reference: {
    title: `Monte Carlo at ${COLD} K`,
    draws: async (quick) => (await drawIce({ temperature: COLD, warmup: quick ? 60 : 150, thin: 2, draws: quick ? 20 : 100, seed: 'cold' })).samples, // prettier-ignore
  },
  logPartition: null,
  // By MBAR on molecular dynamics of 16 molecules.
  published: { value: -669.711, standardError: 0.054 },
  observables: [],
};
