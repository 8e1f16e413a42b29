import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import type { Energy } from '../../energies/energy.js';
import { FlowConfigError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { StochasticFlow } from '../../stochastic/stochastic-flow.js';
import type { BatchTensors } from '../data/table.js';
import { baseDraws } from '../sources/base-draws.js';
import { badEnergies, checkEnergy, checkEvents, checkFlow, checkTemperatures, named, reducedEnergy, uncut } from './energy-checks.js'; // prettier-ignore
import type { Objective } from './objective.js';
import { coordinateEntropy, type ReactionCoordinate } from './reaction-coordinate.js';
import { checkGradient, pushForward, reverseTerms, type ReverseGradient } from './reverse-terms.js';

/** Options of {@link reverseKl}. */
export interface ReverseKlOptions {
  /**
   * `path` leaves out the part of the gradient whose mean is zero, `⟨∂ log q / ∂θ⟩` at fixed `x`, and with it all noise once
   * `q` is the target; it takes the inverse of the flow beside its forward map. `total` is plain differentiation, and much faster
   * for a flow whose inverse is numeric.
   * Default: `path` where the base has a density, else `total`.
   */
  readonly gradient?: ReverseGradient | null;
  /**
   * Temperatures `τ` to train at, for a model whose context is its temperature: rows take them in turn, and the target of each is
   * `exp(-u(x) / τ)`. Default: null, the temperature 1 of the energy and a model without contexts.
   */
  readonly temperatures?: readonly number[] | null;
  /** A coordinate along which draws are to spread: its negative entropy is added. Default: null, none. */
  readonly coordinate?: ReactionCoordinate | null;
}

/**
 * The energy loss of Boltzmann generators, `⟨u(x) + log q(x)⟩` over draws `x = g(z)` of the flow: the Kullback-Leibler divergence
 * `KL(q ‖ p)` less `log Z` of the target, so never below `-log Z`. It needs no data and seeks modes: what the flow
 * does not draw it never learns of.
 *
 * `fit(flow, { objective: reverseKl(energy) })` draws from the base of the flow. `fit(flow, rows, ...)` takes `rows` for
 * draws of the base, such as those of a simulation: learned free energy perturbation, with `⟨u(g(z)) - log |det ∂g/∂z|⟩` if the base has no
 * density. A `StochasticFlow` draws paths of its own, as many as there are rows, and is charged for these.
 *
 * The energy to train on may be a `RegularizedEnergy`; the weights of validation are always those of the energy within.
 *
 * Sources: Noé et al., "Boltzmann generators", 2019; the path gradient, Roeder, Wu and Duvenaud, "Sticking the landing", 2017, and
 * Vaitl et al., "Gradients should stay on path", 2022; given draws, Wirnsberger et al., "Targeted free energy estimation via learned
 * mappings", 2020; temperatures, Dibak et al., "Temperature steerable flows", 2022.
 *
 * @throws FlowConfigError for options of another kind; when called, for a model that is no flow or has a trained base.
 * @throws FlowShapeError when called with a model of other events than the energy.
 *
 * @example
 * await fit(flow, { objective: reverseKl(new DoubleWell()), steps: 2000, batchSize: 256, validation: 4096 });
 */
export function reverseKl(energy: Energy, options: ReverseKlOptions = {}): Objective {
  const where = 'reverseKl';
  checkEnergy(where, energy);
  const wanted = checkGradient(where, options.gradient ?? null);
  const temperatures = checkTemperatures(where, options.temperatures ?? null);
  const exact = uncut(energy);
  const spread = options.coordinate ? coordinateEntropy(where, options.coordinate) : null;
  const check = (model: Distribution) => checkEvents(where, model, energy, temperatures !== null);

  const objective = (model: Distribution, { x: z, context }: BatchTensors, stream: RandomStream): Tensor =>
    tf.tidy(() => {
      check(model);
      if (model instanceof StochasticFlow) {
        if (wanted === 'path') {
          throw new FlowConfigError(`${where}.gradient`, { expected: '"total", for a StochasticFlow', got: '"path"' });
        }
        const { x, logWeights } = weighedPaths(model, energy, z.shape[0], stream);
        const loss = tf.neg(tf.mean(logWeights));
        return spread ? tf.add(loss, spread(x)) : loss;
      }
      const flow = checkFlow(where, model);
      const gradient = wanted ?? (flow.base.hasDensity ? 'path' : 'total');
      const { x, terms } = reverseTerms(flow, energy, z, context, gradient);
      return spread ? tf.add(tf.mean(terms), spread(x)) : tf.mean(terms);
    });

  const logWeights = (model: Distribution, { x: z, context }: BatchTensors, stream: RandomStream): Tensor =>
    tf.tidy(() => {
      check(model);
      if (model instanceof StochasticFlow) return weighedPaths(model, exact, z.shape[0], stream).logWeights;
      const { x, logProb } = pushForward(checkFlow(where, model), z, context);
      return tf.neg(tf.add(reducedEnergy(exact, x, context), logProb));
    });

  return named(where, objective, {
    rowwise: spread === null,
    rows: (model: Distribution) => baseOf(where, model),
    source: (model: Distribution) => baseDraws(baseOf(where, model), temperatures),
    logWeights,
    examine: (model: Distribution, { x: z, context }: BatchTensors, stream: RandomStream) =>
      badEnergies(energy, () =>
        model instanceof StochasticFlow
          ? model.forwardPaths(z.shape[0], { seed: stream.split('forward') }).x
          : (model as ReturnType<typeof checkFlow>).forward(z, { context }),
      ),
  });
}

/** The distribution that a model starts from. */
export function baseOf(where: string, model: Distribution): Distribution {
  return model instanceof StochasticFlow ? model.base : checkFlow(where, model).base;
}

/** Ends of paths of a stochastic flow, and their `log w`, `[rows]`, for another energy. */
function weighedPaths(model: StochasticFlow, energy: Energy, rows: number, stream: RandomStream) {
  const { z, x, entropy, logWeights } = model.forwardPaths(rows, { seed: stream.split('forward') });
  if (energy === model.target) return { x, logWeights };
  return { x, logWeights: tf.sub(entropy, tf.add(model.base.logProb(z), energy.energy(x))) };
}
