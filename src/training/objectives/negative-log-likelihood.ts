import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import { DequantizedFlow } from '../../flows/dequantized-flow.js';
import type { RandomStream } from '../../random.js';
import type { BatchTensors } from '../data/table.js';
import { dequantizedLikelihood } from './dequantized-likelihood.js';
import type { Objective } from './objective.js';

/**
 * `−⟨log p(x)⟩` in nats a row: maximum likelihood, the forward Kullback-Leibler divergence up to a constant. For a
 * {@link DequantizedFlow}, the bound on it.
 */
export const negativeLogLikelihood: Objective = Object.assign(meanNegativeLogProb, { rowwise: true, noise });

const bound = dequantizedLikelihood();

function meanNegativeLogProb(model: Distribution, batch: BatchTensors, stream: RandomStream): Tensor {
  if (model instanceof DequantizedFlow) return bound(model, batch, stream);
  return tf.tidy(() => tf.neg(tf.mean(model.logProb(batch.x, { context: batch.context }))));
}

function noise(model: Distribution, rows: number, stream: RandomStream): Tensor | null {
  return model instanceof DequantizedFlow ? bound.noise!(model, rows, stream) : null;
}
