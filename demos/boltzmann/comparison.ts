import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { weightedHistogram, type Flow } from 'tfjs-flows';
import { observe } from './observe.js';
import type { BoltzmannTarget, Observable } from './target.js';
import type { WeightedDraws } from './weigh.js';

/** Rows whose energies are taken at a time. */
const CHUNK = 500;

/** Draws by other means beside those of a flow. */
export interface Comparison {
  readonly title: string;
  readonly count: number;
  readonly positions: Float32Array;
  readonly energies: Float32Array;
  /** `log w` of independent draws, as the flow sees them; null for others. */
  readonly logWeights: Float32Array | null;
}

/** Independent draws of a target, or else those of its reference; null where there are neither. */
export async function compare(target: BoltzmannTarget, flow: Flow, draws: number, quick: boolean) {
  const { exact, reference } = target;
  if (!exact && !reference) return null;
  const x = exact ? exact(draws) : await reference!.draws(quick);
  try {
    const energies = await inChunks(x, (rows) => target.energy.energy(rows));
    const logProb = exact ? await inChunks(x, (rows) => flow.logProb(rows)) : null;
    return {
      title: exact ? 'exact draws' : reference!.title,
      count: x.shape[0],
      positions: x.dataSync<'float32'>().slice(),
      energies,
      logWeights: logProb && energies.map((u, i) => -u - logProb[i]),
    } satisfies Comparison;
  } finally {
    x.dispose();
  }
}

/** Half the sum of differences between the histogram of weighted draws and that of others: 0 for the same, 1 for no overlap. */
export function histogramDistance(observable: Observable, draws: WeightedDraws, other: Comparison): number {
  const { range } = observable;
  const own = observe(observable, draws.positions, draws.logWeights.length);
  const their = observe(observable, other.positions, other.count);
  const bins = 30;
  const [a, b] = [
    weightedHistogram(own.values, { range, bins, logWeights: own.owner.map((i) => draws.logWeights[i]) }),
    weightedHistogram(their.values, { range, bins }),
  ];
  const width = (range[1] - range[0]) / bins;
  return a.density.reduce((sum, value, i) => sum + Math.abs(value - b.density[i]) * width, 0) / 2;
}

async function inChunks(x: Tensor, of: (rows: Tensor) => Tensor): Promise<Float32Array> {
  const values = new Float32Array(x.shape[0]);
  for (let first = 0; first < values.length; first += CHUNK) {
    const part = tf.tidy(() => of(tf.slice(x, first, Math.min(CHUNK, values.length - first))));
    values.set((await part.data()) as Float32Array, first);
    part.dispose();
  }
  return values;
}
