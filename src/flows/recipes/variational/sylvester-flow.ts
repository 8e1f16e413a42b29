import { Sylvester, type SylvesterOptions } from '../../../bijectors/variational/sylvester.js';
import type { InversionOptions } from '../../../numerics/invert-monotone.js';
import type { Flow } from '../../flow.js';
import { assembleVariational, type VariationalFlowOptions } from './variational-recipe.js';

/** Options of {@link sylvesterFlow}. `tolerance` and `maxSteps` are those of the direction that has no formula. */
export interface SylvesterFlowOptions
  extends VariationalFlowOptions, InversionOptions, Pick<SylvesterOptions, 'basis' | 'units' | 'reflections'> {}

/**
 * Sylvester flow: layers that push points along several orthonormal directions each. One direction is one pass, the other
 * `units` numeric solutions a layer. Layers of the triangular basis take the coordinates in order and in reverse by turns. It
 * starts as the base. With a context, each layer has a network that emits its parameters.
 *
 * Defaults: 8 layers, orthogonal basis of as many directions as coordinates, 32 at most; published for images: 16 layers, 32
 * directions, 8 reflections.
 *
 * Source: van den Berg, Hasenclever, Tomczak, Welling, "Sylvester normalizing flows for variational inference", 2018.
 *
 * @cost density: one pass; sample: numeric (a search a direction and layer, exchanged by `direction`)
 * @throws FlowConfigError for sizes that are not positive integers, more directions than coordinates, an unknown basis or
 *   direction, or a search without steps.
 */
export function sylvesterFlow(options: SylvesterFlowOptions): Flow {
  const { layers = 8, basis, units, reflections, tolerance, maxSteps } = options;
  const given = { basis, units, reflections, tolerance, maxSteps };
  return assembleVariational(
    'sylvesterFlow',
    { ...options, layers },
    (index, shared) => new Sylvester({ ...shared, ...given, flip: index % 2 === 1 }),
  );
}
