import { ActNorm } from '../../../bijectors/act-norm.js';
import { Chain } from '../../../bijectors/chain.js';
import { Invert } from '../../../bijectors/invert.js';
import { InvertibleResidual } from '../../../bijectors/invertible-residual.js';
import type { LogDetOptions } from '../../../bijectors/residual/log-det-options.js';
import type { LipschitzActivationName } from '../../../conditioners/lipschitz/lipschitz-activation.js';
import { LipschitzMLP } from '../../../conditioners/lipschitz/lipschitz-mlp.js';
import type { FixedPointOptions } from '../../../numerics/fixed-point.js';
import type { Flow } from '../../flow.js';
import { checkDirection, type FormulaDirection } from '../direction.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link residualFlow}. `tolerance` and `maxSteps` are those of the direction that has no formula. */
export interface ResidualFlowOptions
  extends Omit<RecipeOptions, 'residual' | 'activation' | 'dropout' | 'mixing'>, FixedPointOptions {
  /** Default: `lipSwish`. */
  readonly activation?: LipschitzActivationName;
  /** Bound of the Lipschitz constant of each block's network. Default: 0.98. */
  readonly lipschitz?: number;
  /** Default: `inverse`, cheap densities. */
  readonly direction?: FormulaDirection;
  /** In training. Default: exact for up to 10 coordinates, `roulette` for more. */
  readonly logDet?: LogDetOptions;
  /** Outside of training. Default: exact. */
  readonly evaluationLogDet?: LogDetOptions;
}

/** Up to so many coordinates the whole Jacobian costs less than an estimate that trains as well. */
const MOST_EXACT_DIMS = 10;

/**
 * Residual flow: blocks `z = x + g(x)` with contractions `g`, and activation normalisation between them. Every block moves
 * all coordinates, so nothing has to be permuted, and densities are smooth. One direction is one pass, the other one
 * fixed-point iteration a block. With exact log-determinants training steps are planned; with estimates they are not.
 *
 * Defaults: 10 layers, hidden [64]; published for toys: 100 layers, hidden [128, 128, 128]. In equal time wide networks of one
 * hidden layer learn more than deep ones, whose layers share one Lipschitz constant.
 *
 * Source: Chen, Behrmann, Duvenaud, Jacobsen, "Residual flows for invertible generative modeling", 2019.
 *
 * @cost density: one pass (and the log-determinant, exact or estimated); sample: numeric (a fixed point a block, exchanged by `direction`)
 * @throws FlowConfigError for sizes that are not positive integers, an unknown direction, or options of networks and estimators out of
 *   range.
 */
export function residualFlow(options: ResidualFlowOptions): Flow {
  const { dims, layers = 10, hidden = [64], activation, lipschitz, contextShape, evaluationLogDet } = options;
  const { direction = 'inverse' } = options;
  checkDirection('residualFlow', direction);
  const { logDet = { estimator: dims > MOST_EXACT_DIMS ? 'roulette' : 'exact' }, tolerance, maxSteps } = options;
  return assembleFlow('residualFlow', { ...options, activation: undefined, layers, mixing: 'none' }, (_, seed) => {
    const network = new LipschitzMLP({ dims, hidden, activation, lipschitz, contextShape, seed });
    const block = new InvertibleResidual({ network, logDet, evaluationLogDet, tolerance, maxSteps, seed });
    const layer = direction === 'inverse' ? block : new Invert({ bijector: block });
    return new Chain({ bijectors: [new ActNorm({ eventShape: [dims] }), layer] });
  });
}
