import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import { FlowConfigError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { StochasticFlow } from '../../stochastic/stochastic-flow.js';
import type { BatchTensors } from '../data/table.js';
import type { Objective } from './objective.js';

/** Options of {@link pathDivergence}. Weights are divided by their sum. */
export interface PathDivergenceOptions {
  /** Weight of the divergence from paths that begin at data. Default: 1. */
  readonly likelihood?: number;
  /** Weight of the divergence of paths that begin at the base, as many as the batch has rows. Default: 0. */
  readonly reverse?: number;
}

/**
 * Trains a `StochasticFlow`: up to constants, the Kullback-Leibler divergences between the laws of its paths forwards and
 * backwards, either way round. They bound those between the distributions of `x` from above.
 *
 * `likelihood`: `⟨u₀(z) + Σ ΔS⟩` over backward paths from data; needs data of the target. `reverse`: `-⟨log w⟩` over forward paths;
 * needs only its energy, and seeks modes. Begin with the former.
 *
 * Source: Wu, Köhler and Noé, "Stochastic normalizing flows", 2020, section 4.
 *
 * @throws FlowConfigError for a weight that is negative or no number, or both of them zero; when called, for another model.
 */
export function pathDivergence({ likelihood = 1, reverse = 0 }: PathDivergenceOptions = {}): Objective {
  for (const [name, weight] of Object.entries({ likelihood, reverse })) {
    if (typeof weight === 'number' && weight >= 0 && weight < Infinity) continue;
    throw new FlowConfigError(`pathDivergence.${name}`, { expected: 'zero or a positive number', got: String(weight) });
  }
  const total = likelihood + reverse;
  if (total === 0) throw new FlowConfigError('pathDivergence', { expected: 'a weight above zero', got: 'none' });
  return (model: Distribution, { x }: BatchTensors, stream: RandomStream): Tensor =>
    tf.tidy(() => {
      if (!(model instanceof StochasticFlow)) {
        throw new FlowConfigError('pathDivergence', { expected: 'a StochasticFlow', got: `a ${model.className}` });
      }
      const parts: Tensor[] = [];
      if (likelihood > 0) {
        const { z, entropy } = model.backwardPaths(x, { seed: stream.split('backward') });
        parts.push(tf.mul(tf.mean(tf.sub(entropy, model.base.logProb(z))), likelihood / total));
      }
      if (reverse > 0) {
        const { logWeights } = model.forwardPaths(x.shape[0], { seed: stream.split('forward') });
        parts.push(tf.mul(tf.mean(logWeights), -reverse / total));
      }
      return tf.addN(parts);
    });
}
