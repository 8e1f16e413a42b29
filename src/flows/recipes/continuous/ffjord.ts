import { ContinuousBijector } from '../../../bijectors/continuous-bijector.js';
import { LearnedTime, type LearnedTimeOptions } from '../../../bijectors/learned-time.js';
import type { ActivationName } from '../../../conditioners/activation.js';
import { MLPField } from '../../../fields/mlp-field.js';
import type { InitialOutput, TimeForm } from '../../../fields/network-options.js';
import type { DivergenceOptions } from '../../../fields/probes.js';
import type { Flow } from '../../flow.js';
import { contextOfLayers } from '../conditioning.js';
import { continuousFlow, type ContinuousFlowOptions } from './continuous-recipe.js';

/** Options of {@link ffjord}. */
export interface FfjordOptions extends ContinuousFlowOptions {
  /** Continuous blocks, one after the other. Default: 1. */
  readonly blocks?: number;
  /** Widths of the hidden layers of each field. Default: [64, 64, 64]. */
  readonly hidden?: readonly number[];
  /** Default: `tanh`. */
  readonly activation?: ActivationName;
  /** How time enters. Default: `concatSquash`. */
  readonly time?: TimeForm;
  /** How the last layer starts: `zero` makes the flow start as its base. Default: `random`. */
  readonly initialOutput?: InitialOutput;
  /** In training. Default: exact; for more than some ten coordinates an estimate by `rademacher` probes is cheaper. */
  readonly divergence?: DivergenceOptions;
  /** Learn the stopping time, as TO-FLOW does; `true` for its defaults. Default: none. */
  readonly learnedTime?: LearnedTimeOptions | boolean;
}

/**
 * FFJORD: points move along the vector field of a network, from the data at time 0 to the base at time 1, and the density
 * follows from the divergence on the way. No architecture is out of bounds; both directions cost one ODE solve. Train it
 * by likelihood, with `regularisedLikelihood` for paths that are cheaper to solve (RNODE), or with a learned stopping
 * time (TO-FLOW); for training without solves see `flowMatching`.
 *
 * Source: Grathwohl et al., "FFJORD: Free-form continuous dynamics for scalable reversible generative models", 2019.
 *
 * @cost density: ODE; sample: ODE
 * @throws FlowConfigError for sizes that are not positive integers, or options of solver and field out of range.
 */
export function ffjord(options: FfjordOptions): Flow {
  const { dims, blocks = 1, hidden, activation, time = 'concatSquash', initialOutput, divergence, solver } = options; // prettier-ignore
  const { learnedTime = false, span = [1, 0] } = options;
  const contextShape = contextOfLayers('ffjord', options);
  return continuousFlow('ffjord', options, blocks, (seed) => {
    const field = new MLPField({ dims, hidden, activation, time, initialOutput, contextShape, seed });
    const learned = learnedTime ? new LearnedTime(learnedTime === true ? {} : learnedTime) : null;
    return new ContinuousBijector({ field, span, divergence, solver, learnedTime: learned, seed });
  });
}
