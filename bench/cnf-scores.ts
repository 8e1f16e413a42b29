import * as tf from '@tensorflow/tfjs-core';
import type { Flow } from 'tfjs-flows';
import { continuousBlock, evaluationsOf } from './evaluations.js';

/** Rows that are solved together. */
const CHUNK = 10_000;
/** Rows of a batch whose evaluations are counted, and batches: a single one counts in whole steps. */
const BATCH = 512;
const BATCHES = 8;

/** What a trained flow is worth. */
export interface Scores {
  /** Mean log-density of held-out rows, nats. */
  readonly nats: number;
  /** Evaluations of the field for the densities of 512 rows, and for 512 draws, on average. */
  readonly nfe: { readonly log_prob: number; readonly sample: number };
  /** Root mean square distance, a coordinate, of rows from where they come back to, in units of the tolerance. */
  readonly round_trip: number;
}

/** Scores a flow of one continuous block on held-out rows, `[n * dims]`. */
export function scoresOf(flow: Flow, rows: Float32Array, tolerance: number): Scores {
  const [dims] = flow.eventShape;
  const block = continuousBlock(flow)!;
  const logProbs = logDensities(flow, rows);
  return tf.tidy(() => {
    const x = tf.tensor2d(rows.subarray(0, BATCHES * BATCH * dims), [BATCHES * BATCH, dims]);
    const z = flow.base.sample(BATCHES * BATCH, { seed: 'count' });
    const back = flow.forward(flow.inverse(x));
    const distance = Math.sqrt(tf.mean(tf.squaredDifference(x, back)).dataSync()[0]);
    const count = (direction: 'forward' | 'inverse', all: tf.Tensor) => {
      const counts = tf.split(all, BATCHES).map((batch) => evaluationsOf(block, direction, batch));
      return counts.reduce((sum, evaluations) => sum + evaluations, 0) / BATCHES;
    };
    return {
      nats: logProbs.reduce((sum, value) => sum + value, 0) / logProbs.length,
      nfe: { log_prob: count('inverse', x), sample: count('forward', z) },
      round_trip: distance / tolerance,
    };
  });
}

/** `∫ p(x) dx` of a flow in the plane by the midpoint rule on `[-reach, reach]²`, which should be 1. */
export function totalProbability(flow: Flow, { reach, cells }: { reach: number; cells: number }): number {
  const width = (2 * reach) / cells;
  const at = (cell: number) => (cell + 0.5) * width - reach;
  const points = new Float32Array(2 * cells * cells);
  for (let i = 0; i < cells * cells; i++) points.set([at(i % cells), at(Math.floor(i / cells))], 2 * i);
  return logDensities(flow, points).reduce((sum, value) => sum + Math.exp(value), 0) * width ** 2;
}

/** `log p` of rows, `[n * dims]`, some thousand of them at a time. */
function logDensities(flow: Flow, rows: Float32Array): Float64Array {
  const [dims] = flow.eventShape;
  const n = rows.length / dims;
  const result = new Float64Array(n);
  for (let begin = 0; begin < n; begin += CHUNK) {
    const count = Math.min(CHUNK, n - begin);
    const part = rows.subarray(begin * dims, (begin + count) * dims);
    result.set(
      tf.tidy(() => flow.logProb(tf.tensor2d(part, [count, dims])).dataSync()),
      begin,
    );
  }
  return result;
}
