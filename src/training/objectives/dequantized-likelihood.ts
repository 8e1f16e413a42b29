import { FlowConfigError } from '../../errors.js';
import { DequantizedFlow } from '../../flows/dequantized-flow.js';
import { checkSamples } from '../../flows/variational-model.js';
import { boundObjective } from './importance-weighted-bound.js';
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
  checkSamples(where, samples);
  return boundObjective(samples, (model) => {
    if (model instanceof DequantizedFlow) return model;
    throw new FlowConfigError(where, { expected: 'a DequantizedFlow', got: `a ${model.className}` });
  });
}
