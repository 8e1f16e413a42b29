import { ContinuousBijector } from '../../../bijectors/continuous-bijector.js';
import { PotentialField } from '../../../fields/potential-field.js';
import { contextOfLayers } from '../conditioning.js';
import { continuousFlow, type ContinuousFlowOptions } from './continuous-recipe.js';
import type { Flow } from '../../flow.js';

/** Options of {@link otFlow}. */
export interface OtFlowOptions extends ContinuousFlowOptions {
  /** Width of the network in the potential. Default: 32. */
  readonly hidden?: number;
  /** Its residual layers. Default: 1. */
  readonly layers?: number;
}

/**
 * OT-Flow: points move down the gradient of a potential, `f = −∇Φ`, and the trace of its Hessian is known in closed form.
 * Trained by `regularisedLikelihood({ kinetic, hjb })` the paths become straight, so that some ten equal steps of a
 * Runge-Kutta method are enough: by default 8 of `rk4`, from the data at time 0 to the base at time 1.
 *
 * Source: Onken et al., "OT-Flow: Fast and accurate continuous normalizing flows via optimal transport", 2021.
 *
 * @cost density: ODE; sample: ODE
 * @throws FlowConfigError for sizes that are not positive integers, or options of the solver out of range.
 */
export function otFlow(options: OtFlowOptions): Flow {
  const { dims, hidden = 32, layers, solver = { method: 'rk4', steps: 8 }, span = [1, 0] } = options;
  const contextShape = contextOfLayers('otFlow', options);
  return continuousFlow('otFlow', options, 1, (seed) => {
    const field = new PotentialField({ dims, hidden, layers, contextShape, seed });
    return new ContinuousBijector({ field, span, solver, seed });
  });
}
