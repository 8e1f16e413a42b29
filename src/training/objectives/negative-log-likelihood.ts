import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import type { BatchTensors } from '../data/table.js';

/** `−⟨log p(x)⟩` in nats a row: maximum likelihood, the forward Kullback-Leibler divergence up to a constant. */
export function negativeLogLikelihood(model: Distribution, { x, context }: BatchTensors): Tensor {
  return tf.tidy(() => tf.neg(tf.mean(model.logProb(x, { context }))));
}
