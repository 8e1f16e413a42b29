import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import { FlowConfigError } from '../../errors.js';
import { VAE } from '../../flows/vae/vae.js';
import type { RandomStream } from '../../random.js';
import type { BatchTensors } from '../data/table.js';
import type { Objective } from './objective.js';

/** Options of {@link negativeElbo}. */
export interface NegativeElboOptions {
  /** Weight of the divergence between posterior and prior. Default: 1, for which the value is a bound on `−log p(x)`. */
  readonly beta?: number;
}

/**
 * Trains a {@link VAE} by `⟨−log p(x | z) + β KL(q(z | x) ‖ p(z))⟩` in nats a row, with one draw of `z` fresh at every step. The
 * divergence is the closed formula where there is one, else the same draw's `log q(z | x) − log p(z)`.
 *
 * With `β = 1` this is what `fit` does with such a model anyway. Larger `β` press the code into the prior (Higgins et al.,
 * "β-VAE", 2017); smaller ones keep it from collapsing early: train some epochs each with a growing `β` to warm up.
 *
 * @throws FlowConfigError for a weight that is negative or no number; when called, for a model that is no VAE.
 */
export function negativeElbo({ beta = 1 }: NegativeElboOptions = {}): Objective {
  const where = 'negativeElbo';
  if (!(beta >= 0 && beta < Infinity)) {
    throw new FlowConfigError(`${where}.beta`, { expected: 'zero or a positive number', got: String(beta) });
  }
  const check = (model: Distribution): VAE => {
    if (model instanceof VAE) return model;
    throw new FlowConfigError(where, { expected: 'a VAE', got: `a ${model.className}` });
  };
  const noise = (model: Distribution, rows: number, stream: RandomStream): Tensor =>
    check(model).drawNoise(rows, stream);
  const objective = (model: Distribution, batch: BatchTensors, stream: RandomStream): Tensor =>
    tf.tidy(() => {
      const { x, context } = batch;
      const drawn = batch.noise ?? noise(model, x.shape[0], stream.split('noise'));
      const { logLikelihood, divergence } = check(model).elboTerms(x, drawn, context);
      return tf.mean(tf.sub(tf.mul(divergence, beta), logLikelihood));
    });
  return Object.assign(objective, { rowwise: true, noise });
}
