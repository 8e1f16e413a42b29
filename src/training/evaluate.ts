import * as tf from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution.js';
import { effectiveSampleSize } from '../estimators/effective-sample-size.js';
import type { RandomStream } from '../random.js';
import { toTensors, type Batch, type Table } from './data/table.js';
import { withNoise } from './noise.js';
import type { Objective } from './objectives/objective.js';

/** What validation finds. */
export interface Evaluation {
  /** Mean of the objective over the rows of a table, or what the objective makes of its log-weights. */
  readonly score: number;
  /** Of the log-weights, as a fraction; null for an objective without. */
  readonly effectiveSampleSize: number | null;
  /** The first batch whose value was not finite, if one was, and the random numbers it was evaluated with. */
  readonly spoilt: { readonly batch: Batch; readonly stream: RandomStream } | null;
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
  const weights = new WeightGroups();
  let sum = 0;
  let index = 0;
  for await (const rows of table.batches(batchSize, null)) {
    const own = stream.split(index++);
    const batch = await withNoise(rows, objective, model, own.split('noise'));
    const spoilt = { batch, stream: own };
    if (!objective.score) {
      const mean = await valueOf(() => objective(model, toTensors(batch, table.shapes), own));
      if (!Number.isFinite(mean[0])) return { score: mean[0], effectiveSampleSize: null, spoilt };
      sum += mean[0] * batch.rows;
    }
    if (objective.logWeights) {
      const values = await valueOf(() => objective.logWeights!(model, toTensors(batch, table.shapes), own));
      const bad = values.find((value) => Number.isNaN(value) || value === Infinity);
      if (bad !== undefined) return { score: bad, effectiveSampleSize: null, spoilt };
      weights.add(values, batch.context);
    }
    await breathe();
  }
  const score = objective.score ? weights.mean(objective.score) : sum / table.rows;
  const fraction = (logWeights: Float64Array) => effectiveSampleSize(logWeights) / logWeights.length;
  return { score, effectiveSampleSize: objective.logWeights ? weights.mean(fraction) : null, spoilt: null };
}

/** Log-weights of each target: one for each value of the context. */
class WeightGroups {
  readonly #groups = new Map<number, number[]>();

  add(values: Float32Array, context: Float32Array | null): void {
    values.forEach((value, row) => {
      const key = context ? context[row] : 0;
      const group = this.#groups.get(key) ?? [];
      group.push(value);
      this.#groups.set(key, group);
    });
  }

  /** The mean over targets. */
  mean(of: (logWeights: Float64Array) => number): number {
    let sum = 0;
    for (const group of this.#groups.values()) sum += of(Float64Array.from(group));
    return sum / this.#groups.size;
  }
}

async function valueOf(compute: () => tf.Tensor): Promise<Float32Array> {
  const tensor = tf.tidy(compute);
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}
