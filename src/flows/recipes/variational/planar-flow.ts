import { Planar } from '../../../bijectors/variational/planar.js';
import type { InversionOptions } from '../../../numerics/invert-monotone.js';
import type { Flow } from '../../flow.js';
import { assembleVariational, type VariationalFlowOptions } from './variational-recipe.js';

/** Options of {@link planarFlow}. `tolerance` and `maxSteps` are those of the direction that has no formula. */
export interface PlanarFlowOptions extends VariationalFlowOptions, InversionOptions {}

/**
 * Planar flow: layers that push points along one direction each. Few parameters, `2 dims + 1` a layer; many layers are needed
 * for more than a few coordinates. One direction is one pass, the other one numeric solution a layer. It starts as the base.
 * With a context, each layer has a network that emits its parameters. Default: 16 layers.
 *
 * Source: Rezende and Mohamed, "Variational inference with normalizing flows", 2015.
 *
 * @cost density: one pass; sample: numeric (a search a layer, exchanged by `direction`)
 * @throws FlowConfigError for sizes that are not positive integers, an unknown direction, or a search without steps.
 */
export function planarFlow(options: PlanarFlowOptions): Flow {
  const { layers = 16, tolerance, maxSteps } = options;
  return assembleVariational(
    'planarFlow',
    { ...options, layers },
    (_, shared) => new Planar({ ...shared, tolerance, maxSteps }),
  );
}
