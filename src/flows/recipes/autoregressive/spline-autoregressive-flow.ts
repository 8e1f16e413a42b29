import { RationalQuadraticSpline } from '../../../elementwise/rational-quadratic-spline.js';
import { autoregressiveLayer } from './autoregressive-recipe.js';
import { hiddenWidth } from '../couplings/coupling-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow } from '../recipe.js';
import type { SplineFlowOptions } from '../couplings/spline-coupling-flow.js';

/**
 * RQ-NSF (AR): autoregressive layers of rational-quadratic splines, reversed from layer to layer. The density is one
 * pass a layer, a sample one pass a coordinate: for evaluating more than for drawing.
 *
 * Defaults: 5 layers, hidden [128, 128], 8 bins, tail bound 5.
 *
 * Source: Durkan, Bekasov, Murray, Papamakarios, "Neural Spline Flows", 2019.
 *
 * @cost density: one pass; sample: passes (one a coordinate)
 * @throws FlowConfigError for sizes that are not positive integers, or impossible spline options.
 */
export function splineAutoregressiveFlow(options: SplineFlowOptions): Flow {
  const { layers = 5, hidden = [128, 128], bins = 8, tailBound = 5, mixing = 'reverse' } = options;
  const sized = { ...options, layers, hidden, mixing };
  const transform = new RationalQuadraticSpline({ bins, tailBound, rawScale: 1 / Math.sqrt(hiddenWidth(sized)) });
  const name = 'splineAutoregressiveFlow';
  return assembleFlow(name, sized, (_, seed) => autoregressiveLayer(sized, transform, seed));
}
