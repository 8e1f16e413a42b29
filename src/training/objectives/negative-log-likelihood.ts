import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import { VAE } from '../../flows/vae/vae.js';
import { VariationalModel } from '../../flows/variational-model.js';
import type { RandomStream } from '../../random.js';
import type { BatchTensors } from '../data/table.js';
import { boundObjective } from './importance-weighted-bound.js';
import { negativeElbo } from './negative-elbo.js';
import type { Objective } from './objective.js';

/**
 * `−⟨log p(x)⟩` in nats a row: maximum likelihood, the forward Kullback-Leibler divergence up to a constant. For a model with
 * latent variables that is not exact, the bound on it with one draw; for a {@link VAE}, as {@link negativeElbo} has it.
 */
export const negativeLogLikelihood: Objective = Object.assign(meanNegativeLogProb, { rowwise: true, noise });

const bound = boundObjective(1, (model) => model as VariationalModel);
const elbo = negativeElbo();

function meanNegativeLogProb(model: Distribution, batch: BatchTensors, stream: RandomStream): Tensor {
  const objective = latentObjective(model);
  if (objective) return objective(model, batch, stream);
  return tf.tidy(() => tf.neg(tf.mean(model.logProb(batch.x, { context: batch.context }))));
}

function noise(model: Distribution, rows: number, stream: RandomStream): Tensor | null {
  return latentObjective(model)?.noise!(model, rows, stream, null) ?? null;
}

function latentObjective(model: Distribution): Objective | null {
  if (model instanceof VAE) return elbo;
  return model instanceof VariationalModel ? bound : null;
}
