import * as tf from '@tensorflow/tfjs-core';
import { RandomStream, type Energy, type Flow } from 'tfjs-flows';

/** Draws that are weighed at a time. */
const CHUNK = 500;

/** Draws of a flow and what they are worth. */
export interface WeightedDraws {
  /** `[draws, ...event]`, flat. */
  readonly positions: Float32Array;
  /** In kT, one a draw. */
  readonly energies: Float32Array;
  /** `log w = -u(x) - log q(x)`, one a draw. */
  readonly logWeights: Float64Array;
}

/** Draws from a flow with the weights that make them a sample of an energy. */
export function weigh(flow: Flow, energy: Energy, draws: number): WeightedDraws {
  const size = flow.eventShape.reduce((product, length) => product * length, 1);
  const positions = new Float32Array(draws * size);
  const energies = new Float32Array(draws);
  const logWeights = new Float64Array(draws);
  const stream = new RandomStream('weigh');
  for (let start = 0; start < draws; start += CHUNK) {
    const count = Math.min(CHUNK, draws - start);
    const [x, u, weights] = tf.tidy(() => {
      const [at, logProb] = flow.sampleAndLogProb(count, { seed: stream.split(start) });
      const value = energy.energy(at);
      return [at, value, tf.neg(tf.add(value, logProb))].map((tensor) => tensor.dataSync<'float32'>());
    });
    positions.set(x, start * size);
    energies.set(u, start);
    logWeights.set(weights, start);
  }
  return { positions, energies, logWeights };
}
