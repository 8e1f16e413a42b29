import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import type { BatchTensors } from '../data/table.js';
import type { Objective } from './objective.js';

/** `−⟨log p(x)⟩` in nats a row: maximum likelihood, the forward Kullback-Leibler divergence up to a constant. */
export const negativeLogLikelihood: Objective = Object.assign(meanNegativeLogProb, { rowwise: true });

function meanNegativeLogProb(model: Distribution, { x, context }: BatchTensors): Tensor {
  return tf.tidy(() => tf.neg(tf.mean(model.logProb(x, { context }))));
}
