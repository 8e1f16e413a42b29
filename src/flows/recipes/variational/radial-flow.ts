import { Radial } from '../../../bijectors/variational/radial.js';
import type { Flow } from '../../flow.js';
import { assembleVariational, type VariationalFlowOptions } from './variational-recipe.js';

/**
 * Radial flow: layers that spread or gather points about a centre each, with `dims + 2` parameters. Both directions are one
 * pass. It starts as the base. With a context, each layer has a network that emits its parameters. Default: 16 layers.
 *
 * Source: Rezende and Mohamed, "Variational inference with normalizing flows", 2015.
 *
 * @cost density: one pass; sample: one pass
 * @throws FlowConfigError for sizes that are not positive integers, or an unknown direction.
 */
export function radialFlow(options: VariationalFlowOptions): Flow {
  const { layers = 16 } = options;
  return assembleVariational('radialFlow', { ...options, layers }, (_, shared) => new Radial(shared));
}
