import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import { FlowConfigError } from '../../errors.js';
import { checkSamples, VariationalModel } from '../../flows/variational-model.js';
import type { RandomStream } from '../../random.js';
import type { BatchTensors } from '../data/table.js';
import type { Objective } from './objective.js';

/** Options of {@link importanceWeightedBound}. */
export interface ImportanceWeightedBoundOptions {
  /** Draws of the latent variables for each row. Default: 1. */
  readonly samples?: number;
}

/**
 * Trains a model with latent variables, such as a `SurjectiveFlow`, a `VAE` or a `DequantizedFlow`, by `−⟨log (w₁ + … + w_K) / K⟩`
 * in nats a row, with `K` draws fresh at every step (Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders",
 * 2016). More draws train on a tighter bound, at as many times the cost.
 *
 * @throws FlowConfigError for samples that are not a positive whole number; when called, for a model of another kind.
 */
export function importanceWeightedBound({ samples = 1 }: ImportanceWeightedBoundOptions = {}): Objective {
  const where = 'importanceWeightedBound';
  checkSamples(where, samples);
  return boundObjective(samples, (model) => {
    if (model instanceof VariationalModel) return model;
    const expected = 'a model with latent variables, such as a SurjectiveFlow or a VAE';
    throw new FlowConfigError(where, { expected, got: `a ${model.className}` });
  });
}

/** The objective, of models that `check` lets pass. */
export function boundObjective(samples: number, check: (model: Distribution) => VariationalModel): Objective {
  /** `[rows, samples, ...]` */
  const noise = (model: Distribution, rows: number, stream: RandomStream): Tensor | null => {
    const drawn = check(model).drawNoise(rows * samples, stream);
    if (!drawn) return null;
    const shaped = tf.reshape(drawn, [rows, samples, ...drawn.shape.slice(1)]);
    drawn.dispose();
    return shaped;
  };
  const objective = (model: Distribution, batch: BatchTensors, stream: RandomStream): Tensor =>
    tf.tidy(() => {
      const { x, context } = batch;
      const drawn = batch.noise ?? noise(model, x.shape[0], stream.split('noise'));
      const noises = drawn ? tf.unstack(drawn, 1) : [null];
      return tf.neg(tf.mean(check(model).bound(x, noises, context)));
    });
  return Object.assign(objective, { rowwise: true, noise });
}
