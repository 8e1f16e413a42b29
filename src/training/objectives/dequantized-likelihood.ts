import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import { FlowConfigError } from '../../errors.js';
import { DequantizedFlow } from '../../flows/dequantized-flow.js';
import type { RandomStream } from '../../random.js';
import type { BatchTensors } from '../data/table.js';
import type { Objective } from './objective.js';

/** Options of {@link dequantizedLikelihood}. */
export interface DequantizedLikelihoodOptions {
  /** Draws of the noise for each image. Default: 1. */
  readonly samples?: number;
}

/**
 * Trains a {@link DequantizedFlow} by `−⟨log ⟨p(v + e) / q(e | v)⟩_K⟩` in nats an image, over `K` draws of the noise, fresh
 * at every step. With one draw this is what `fit` does with such a model anyway; more of them train on the tighter bound of
 * importance weighting (Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", 2016), at as many times the cost.
 *
 * @throws FlowConfigError for samples that are not a positive whole number; when called, for a model of another class.
 */
export function dequantizedLikelihood({ samples = 1 }: DequantizedLikelihoodOptions = {}): Objective {
  const where = 'dequantizedLikelihood';
  if (!Number.isInteger(samples) || samples < 1) {
    throw new FlowConfigError(`${where}.samples`, { expected: 'a positive whole number', got: String(samples) });
  }
  const check = (model: Distribution): DequantizedFlow => {
    if (model instanceof DequantizedFlow) return model;
    throw new FlowConfigError(where, { expected: 'a DequantizedFlow', got: `a ${model.className}` });
  };
  /** `[rows, samples, ...]` */
  const noise = (model: Distribution, rows: number, stream: RandomStream): Tensor =>
    tf.tidy(() => {
      const drawn = check(model).drawNoise(rows * samples, stream);
      return tf.reshape(drawn, [rows, samples, ...drawn.shape.slice(1)]);
    });
  const objective = (model: Distribution, batch: BatchTensors, stream: RandomStream): Tensor =>
    tf.tidy(() => {
      const { x, context } = batch;
      const noises = tf.unstack(batch.noise ?? noise(model, x.shape[0], stream.split('noise')), 1);
      return tf.neg(tf.mean(check(model).bound(x, noises, context)));
    });
  return Object.assign(objective, { rowwise: true, noise });
}
