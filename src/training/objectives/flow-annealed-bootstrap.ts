import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import type { Distribution } from '../../distributions/distribution.js';
import type { Energy } from '../../energies/energy.js';
import { FlowConfigError } from '../../errors.js';
import { effectiveSampleSize } from '../../estimators/effective-sample-size.js';
import { Hmc } from '../../samplers/hmc.js';
import type { Sampler } from '../../samplers/sampler.js';
import type { BatchTensors } from '../data/table.js';
import { AnnealedDraws } from '../sources/annealed-draws.js';
import { checkEnergy, checkEvents, checkFlow, named } from './energy-checks.js';
import type { Objective } from './objective.js';
import { reverseKl } from './reverse-kl.js';

/** Options of {@link flowAnnealedBootstrap}. */
export interface FlowAnnealedBootstrapOptions {
  /** Order `α` of the divergence. Default: 2, for which the variance of the weights is made small. */
  readonly alpha?: number;
  /** What moves draws at the levels between. Default: `new Hmc({ leapfrogSteps: 5, stepSize: 0.2 })`. Its step is tuned along. */
  readonly sampler?: Sampler;
  /** Levels between the flow and the end of the path. Default: 4. */
  readonly levels?: number;
  /** Transitions at each level. Default: 1. */
  readonly transitions?: number;
  /** Steps of training for each batch that is annealed. Default: 8. */
  readonly reuse?: number;
  /** Batches that the buffer holds. Default: 64. */
  readonly capacity?: number;
  /** Batches that it is filled with before the first step. Default: 8. */
  readonly minimum?: number;
  /** Largest factor on a row for the flow having changed since the row was weighed. Default: 10. */
  readonly clip?: number;
}

/**
 * Flow annealed importance sampling bootstrap (FAB): trains a flow on the α-divergence from an energy alone, and finds modes that the
 * flow does not draw. Its draws are annealed towards `p^α q^{1-α}`, where the flow falls short of the target, and kept in
 * a buffer; batches from there, taken with probabilities proportional to their weights, train by likelihood,
 * `-⟨min(c, (q / q_old)^{1-α}) log q(x)⟩`, the factors held fixed.
 *
 * It makes its own rows: `fit(flow, { objective: flowAnnealedBootstrap(energy) })`. The buffer goes into checkpoints. Validation goes by
 * `-log(ESS / N)` of the flow's own draws, the Rényi divergence of order 2.
 *
 * Source: Midgley, Stimper, Simm, Schölkopf and Hernández-Lobato, "Flow annealed importance sampling bootstrap", 2023.
 *
 * @throws FlowConfigError for options out of range; when called, for a model that is no flow or has a trained base.
 * @throws FlowShapeError when called with a model of other events than the energy.
 */
export function flowAnnealedBootstrap(energy: Energy, options: FlowAnnealedBootstrapOptions = {}): Objective {
  const where = 'flowAnnealedBootstrap';
  const { alpha = 2, sampler = new Hmc({ leapfrogSteps: 5, stepSize: 0.2 }), clip = 10 } = options;
  const counts = { levels: 4, transitions: 1, reuse: 8, capacity: 64, minimum: 8, ...defined(options) };
  const { levels, transitions, reuse, capacity, minimum } = counts;
  checkEnergy(where, energy);
  for (const [name, count] of Object.entries({ levels, transitions, reuse, capacity, minimum })) {
    checkInteger(`${where}.${name}`, count);
  }
  if (minimum > capacity) {
    throw new FlowConfigError(`${where}.minimum`, {
      expected: `at most the capacity, ${capacity}`,
      got: String(minimum),
    });
  }
  if (!(alpha > 1 && alpha < Infinity)) {
    throw new FlowConfigError(`${where}.alpha`, { expected: 'a number above 1', got: String(alpha) });
  }
  if (!(clip >= 1)) throw new FlowConfigError(`${where}.clip`, { expected: 'at least 1', got: String(clip) });

  const objective = (model: Distribution, { x, targets }: BatchTensors): Tensor =>
    tf.tidy(() => {
      checkEvents(where, model, energy, false);
      return tf.neg(tf.mean(tf.mul(tf.reshape(targets!, [x.shape[0]]), model.logProb(x))));
    });
  // Called for its weights alone.
  const { rows, source, logWeights } = reverseKl(energy);
  const score = (weights: Float64Array) => Math.log(weights.length / effectiveSampleSize(weights));
  const judge = named(where, objective, { rows, source, logWeights, score });

  return named(where, (model: Distribution, batch: BatchTensors) => objective(model, batch), {
    rowwise: true,
    targetShape: () => [1],
    source: (model: Distribution) => {
      checkEvents(where, model, energy, false);
      const own = { alpha, sampler, levels, transitions, reuse, capacity, minimum, clip };
      return new AnnealedDraws(checkFlow(where, model), energy, own);
    },
    judge,
  });
}

function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
