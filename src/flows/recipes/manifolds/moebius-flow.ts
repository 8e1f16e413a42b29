import { Moebius } from '../../../elementwise/moebius.js';
import { circularFlow, type CircularFlowOptions } from './circular-recipe.js';
import type { Flow } from '../../flow.js';

/** Options of {@link moebiusFlow}. */
export interface MoebiusFlowOptions extends CircularFlowOptions {
  /** Möbius maps in the mixture of each angle. Default: 8. */
  readonly components?: number;
}

/**
 * A flow of angles in [-π, π] by mixtures of Möbius maps of the circle: with a smooth activation its density has derivatives of
 * every order, where splines have knots.
 * Densities are closed; draws solve for the inverse of a mixture, unless `components` is 1. Coordinates that are no angles go
 * through rational-quadratic splines.
 *
 * Defaults: 5 coupling layers, hidden [64, 64], SiLU, 8 components, a base that is uniform on the torus.
 *
 * Source: Rezende et al., "Normalizing flows on tori and spheres", 2020, section 2.2.
 *
 * @cost density: one pass; sample: numeric (a search a layer, a formula for one component)
 * @domain angles in [-π, π], beside real numbers
 * @throws FlowConfigError for sizes that are not positive integers, or circular coordinates that do not exist.
 */
export function moebiusFlow({ components = 8, activation = 'silu', ...options }: MoebiusFlowOptions): Flow {
  return circularFlow('moebiusFlow', { ...options, activation }, new Moebius({ components }));
}
