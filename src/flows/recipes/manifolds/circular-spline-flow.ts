import { CircularRationalQuadraticSpline } from '../../../elementwise/circular-rational-quadratic-spline.js';
import { circularFlow, type CircularFlowOptions } from './circular-recipe.js';
import type { Flow } from '../../flow.js';

/**
 * Neural circular spline flow: layers of rational-quadratic splines that are periodic in value and slope, each with a phase,
 * for angles in [-π, π] - torsions, directions, phases, times of day - alone or beside other numbers.
 *
 * Defaults: 5 coupling layers, hidden [64, 64], 8 bins, a base that is uniform on the torus; coordinates that are no angles
 * are standardised and start standard normal. It starts as the base. `base: new VonMises({ ... })` suits angles that
 * keep to one direction.
 *
 * Sources: Rezende et al., "Normalizing flows on tori and spheres", 2020; Durkan et al., "Neural spline flows", 2019.
 *
 * @cost density: one pass; sample: one pass (autoregressive layers: one a coordinate)
 * @domain angles in [-π, π], beside real numbers
 * @throws FlowConfigError for sizes that are not positive integers, circular coordinates that do not exist, or impossible
 * spline options.
 *
 * @example
 * const flow = circularSplineFlow({ dims: 3, circular: [1, 2] }); // a length and two angles
 */
export function circularSplineFlow(options: CircularFlowOptions): Flow {
  const transform = new CircularRationalQuadraticSpline({ bins: options.bins ?? 8 });
  return circularFlow('circularSplineFlow', options, transform);
}
