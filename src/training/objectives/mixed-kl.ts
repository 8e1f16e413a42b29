import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import type { Energy } from '../../energies/energy.js';
import { FlowConfigError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import type { BatchTensors } from '../data/table.js';
import { badEnergies, checkEnergy, checkEvents, checkFlow, named, reducedEnergy, uncut } from './energy-checks.js';
import type { Objective } from './objective.js';
import { coordinateEntropy, type ReactionCoordinate } from './reaction-coordinate.js';
import { checkGradient, pushForward, reverseTerms, type ReverseGradient } from './reverse-terms.js';

/** Options of {@link mixedKl}. Weights are divided by their sum. */
export interface MixedKlOptions {
  /** Weight of `-⟨log q(x)⟩` over the data. Default: 1. */
  readonly likelihood?: number;
  /** Weight of `⟨u(x) + log q(x)⟩` over draws of the flow, as many as the batch has rows. Default: 1. */
  readonly reverse?: number;
  /** As of `reverseKl`. */
  readonly gradient?: ReverseGradient | null;
  /**
   * Whether the context of the flow is its temperature `τ`: data are `{ x, context }` then, with draws of `exp(-u / τ)` for the
   * temperatures of their contexts. Default: false.
   */
  readonly steerable?: boolean;
  /** A coordinate along which draws are to spread: its negative entropy is added. Default: null, none. */
  readonly coordinate?: ReactionCoordinate | null;
}

/**
 * Trains a flow on data of a target and on its energy at once, `a ⟨-log q⟩_data + b ⟨u + log q⟩_flow`: the likelihood keeps
 * all modes that the data have, the energy makes the draws accurate. The first alone, the forward Kullback-Leibler
 * divergence, is maximum likelihood, what `fit` does without an objective: warm up with it.
 *
 * Sources: Noé et al., "Boltzmann generators", 2019; several temperatures, Dibak et al., "Temperature steerable flows", 2022.
 *
 * @throws FlowConfigError for weights that are negative or all zero; when called, for a model that is no flow or has a
 * trained base.
 * @throws FlowShapeError when called with a model of other events than the energy.
 *
 * @example
 * await fit(flow, rows, { epochs: 20 });
 * await fit(flow, rows, { epochs: 50, objective: mixedKl(energy, { reverse: 0.5 }) });
 */
export function mixedKl(energy: Energy, options: MixedKlOptions = {}): Objective {
  const where = 'mixedKl';
  const { likelihood = 1, reverse = 1, steerable = false, coordinate = null } = options;
  checkEnergy(where, energy);
  for (const [name, weight] of Object.entries({ likelihood, reverse })) {
    if (typeof weight === 'number' && weight >= 0 && weight < Infinity) continue;
    throw new FlowConfigError(`${where}.${name}`, { expected: 'zero or a positive number', got: String(weight) });
  }
  const total = likelihood + reverse;
  if (total === 0) throw new FlowConfigError(where, { expected: 'a weight above zero', got: 'none' });
  const wanted = checkGradient(where, options.gradient ?? null);
  const spread = coordinate && coordinateEntropy(where, coordinate);
  const exact = uncut(energy);
  const flowOf = (model: Distribution) => {
    checkEvents(where, model, energy, steerable);
    return checkFlow(where, model);
  };

  const noise = (model: Distribution, rows: number, stream: RandomStream, context: Tensor | null): Tensor => {
    const { base } = flowOf(model);
    return base.sample(rows, { seed: stream, context: base.contextShape && context });
  };
  const drawn = (model: Distribution, { x, context, noise: given }: BatchTensors, stream: RandomStream): Tensor =>
    given ?? noise(model, x.shape[0], stream.split('noise'), context);

  const objective = (model: Distribution, batch: BatchTensors, stream: RandomStream): Tensor =>
    tf.tidy(() => {
      const flow = flowOf(model);
      const { x, context } = batch;
      const gradient = wanted ?? (flow.base.hasDensity ? 'path' : 'total');
      const made = reverseTerms(flow, energy, drawn(model, batch, stream), context, gradient);
      const parts: Tensor[] = [tf.mul(tf.mean(made.terms), reverse / total)];
      if (likelihood > 0) parts.push(tf.mul(tf.mean(flow.logProb(x, { context })), -likelihood / total));
      if (spread) parts.push(spread(made.x));
      return tf.addN(parts);
    });

  return named(where, objective, {
    rowwise: spread === null,
    noise,
    logWeights: (model: Distribution, batch: BatchTensors, stream: RandomStream): Tensor =>
      tf.tidy(() => {
        const { x, logProb } = pushForward(flowOf(model), drawn(model, batch, stream), batch.context);
        return tf.neg(tf.add(reducedEnergy(exact, x, batch.context), logProb));
      }),
    examine: (model: Distribution, batch: BatchTensors, stream: RandomStream) =>
      badEnergies(energy, () => flowOf(model).forward(drawn(model, batch, stream), { context: batch.context })),
  });
}
