import * as tf from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution.js';
import { FlowShapeError } from '../errors.js';
import { formatShape } from '../shapes.js';
import type { RandomStream } from '../random.js';
import type { Batch } from './data/table.js';
import type { Objective } from './objectives/objective.js';

/**
 * A batch with the random numbers that the objective wants for it.
 *
 * @throws FlowShapeError when they are not one lot a row.
 */
export async function withNoise(
  batch: Batch,
  objective: Objective,
  model: Distribution,
  stream: RandomStream,
): Promise<Batch> {
  if (!objective.noise) return batch;
  const context = batch.context && tf.tensor(batch.context, [batch.rows, ...model.contextShape!], 'float32');
  const drawn = objective.noise(model, batch.rows, stream, context);
  context?.dispose();
  if (!drawn) return batch;
  const [rows, ...shape] = drawn.shape;
  const values = (await drawn.data()) as Float32Array;
  drawn.dispose();
  if (rows !== batch.rows) {
    throw new FlowShapeError('fit.objective.noise', {
      expected: `noise of shape [${batch.rows}, ...]`,
      got: formatShape([rows, ...shape]),
    });
  }
  return { ...batch, noise: { values, shape } };
}
