import * as tf from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution.js';
import type { RandomStream } from '../random.js';
import { toTensors, type Batch, type Table } from './data/table.js';
import { withNoise } from './noise.js';
import type { Objective } from './objectives/objective.js';

/** Mean of an objective over the rows of a table, and the batch that spoilt it, if one did. */
export interface Evaluation {
  readonly score: number;
  /** The first batch whose value was not finite. */
  readonly spoilt: Batch | null;
}

/** How to evaluate. */
export interface EvaluateOptions {
  readonly objective: Objective;
  readonly table: Table;
  readonly batchSize: number;
  /** Random numbers for objectives that draw: the same ones every time, so that scores can be compared. */
  readonly stream: RandomStream;
  readonly breathe: () => Promise<void>;
}

/** The mean over rows, not over batches, summed in double precision. */
export async function evaluate(model: Distribution, options: EvaluateOptions): Promise<Evaluation> {
  const { objective, table, batchSize, stream, breathe } = options;
  let sum = 0;
  let index = 0;
  for await (const rows of table.batches(batchSize, null)) {
    const own = stream.split(index++);
    const batch = await withNoise(rows, objective, model, own.split('noise'));
    const value = tf.tidy(() => objective(model, toTensors(batch, table.shapes), own));
    const [mean] = await value.data();
    value.dispose();
    if (!Number.isFinite(mean)) return { score: mean, spoilt: batch };
    sum += mean * batch.rows;
    await breathe();
  }
  return { score: sum / table.rows, spoilt: null };
}
