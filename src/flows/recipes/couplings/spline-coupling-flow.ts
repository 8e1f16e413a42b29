import { RationalQuadraticSpline } from '../../../elementwise/rational-quadratic-spline.js';
import { couplingLayer, hiddenWidth } from './coupling-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link splineCouplingFlow} and of its autoregressive sibling. */
export interface SplineFlowOptions extends RecipeOptions {
  /** Bins of each spline. Default: 8. */
  readonly bins?: number;
  /** The splines act on `[-tailBound, tailBound]`, in units of the standardised data. Default: 5. */
  readonly tailBound?: number;
}

/** Options of {@link splineCouplingFlow}. */
export interface SplineCouplingFlowOptions extends SplineFlowOptions {
  /** Give the coordinates that feed a conditioner splines of their own. Default: false. */
  readonly unconditionalSplines?: boolean;
}

/**
 * RQ-NSF (C): coupling layers of rational-quadratic splines, with LU matrices between them when there are more than two
 * coordinates. Density and samples are both one pass. The first choice for tables of up to some hundred columns.
 *
 * Defaults: 5 layers, hidden [128, 128], 8 bins, tail bound 5. It starts as a Gaussian with the data's means and
 * deviations.
 *
 * Source: Durkan, Bekasov, Murray, Papamakarios, "Neural Spline Flows", 2019.
 *
 * @cost density: one pass; sample: one pass
 * @throws FlowConfigError for sizes that are not positive integers, or impossible spline options.
 */
export function splineCouplingFlow(options: SplineCouplingFlowOptions): Flow {
  const { dims, layers = 5, hidden = [128, 128], bins = 8, tailBound = 5 } = options;
  const sized = { ...options, layers, hidden, mixing: options.mixing ?? (dims > 2 ? 'lu' : 'none') } as const;
  const transform = new RationalQuadraticSpline({ bins, tailBound, rawScale: 1 / Math.sqrt(hiddenWidth(sized)) });
  const unconditional = options.unconditionalSplines ? new RationalQuadraticSpline({ bins, tailBound }) : null;
  return assembleFlow('splineCouplingFlow', sized, (index, seed) =>
    couplingLayer(sized, transform, index, seed, unconditional),
  );
}
