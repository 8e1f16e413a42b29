import type { Bijector } from '../../../bijectors/bijector.js';
import type { ConditionerRequest } from '../../../bijectors/conditioner-request.js';
import { Invert } from '../../../bijectors/invert.js';
import { MLP } from '../../../conditioners/mlp.js';
import type { RandomStream } from '../../../random.js';
import type { Flow } from '../../flow.js';
import { checkDirection, type FormulaDirection } from '../direction.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link planarFlow}, {@link radialFlow} and {@link sylvesterFlow}. */
export interface VariationalFlowOptions extends Omit<RecipeOptions, 'residual' | 'mixing'> {
  /** Default: `inverse`, cheap densities. */
  readonly direction?: FormulaDirection;
  /** Widths of the hidden layers of the network that emits a layer's parameters from the context; unused without. Default: [64]. */
  readonly hidden?: readonly number[];
}

/** What every layer gets. */
export interface VariationalLayer {
  readonly dims: number;
  readonly conditioner: ((request: ConditionerRequest) => MLP) | null;
  readonly seed: RandomStream;
}

/**
 * Stacks maps whose parameters are trained, or emitted from the context if there is one.
 *
 * @throws FlowConfigError for sizes that are not positive integers, or an unknown direction.
 */
export function assembleVariational(
  name: string,
  options: VariationalFlowOptions & { readonly layers: number },
  layer: (index: number, shared: VariationalLayer) => Bijector,
): Flow {
  const { dims, direction = 'inverse', hidden = [64], activation, dropout, contextShape = null } = options;
  checkDirection(name, direction);
  return assembleFlow(name, { ...options, mixing: 'none' }, (index, seed) => {
    const shared = { hidden, activation, dropout, contextShape, seed: seed.split('conditioner') };
    const conditioner = contextShape && ((request: ConditionerRequest) => new MLP({ ...request, ...shared }));
    const bijector = layer(index, { dims, conditioner, seed });
    return direction === 'forward' ? bijector : new Invert({ bijector });
  });
}
