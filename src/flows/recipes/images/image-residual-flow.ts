import { ActNorm } from '../../../bijectors/act-norm.js';
import { InvertibleResidual } from '../../../bijectors/invertible-residual.js';
import type { LogDetOptions } from '../../../bijectors/residual/log-det-options.js';
import { LipschitzConvNet } from '../../../conditioners/lipschitz/lipschitz-conv-net.js';
import type { FixedPointOptions } from '../../../numerics/fixed-point.js';
import type { Flow } from '../../flow.js';
import { sizesOf } from './image-recipe.js';
import { assembleMultiScaleFlow, type MultiScaleFlowOptions } from './multi-scale-recipe.js';

/** Options of {@link imageResidualFlow}. `tolerance` and `maxSteps` are those of sampling. */
export interface ImageResidualFlowOptions extends MultiScaleFlowOptions, FixedPointOptions {
  /** Bound of the Lipschitz constant of each block's network. Default: 0.98. */
  readonly lipschitz?: number;
  /** In training. Default: `roulette`. */
  readonly logDet?: LogDetOptions;
  /** Outside of training. Default: `series`, 20 terms. */
  readonly evaluationLogDet?: LogDetOptions;
}

const PRESETS = {
  paper: { levels: 3, steps: 16, hidden: 512, split: false },
  small: { levels: 2, steps: 4, hidden: 32, split: false },
};

/**
 * Residual flow of images: at each of several resolutions blocks `z = x + g(x)`, `g` a contraction of three convolutions, 3×3, 1×1,
 * 3×3, with activation normalisation between them. Log-determinants are estimates, outside of training with the same
 * random directions in each call. The density is one pass, a sample one fixed-point iteration a block.
 *
 * Preset `paper`, the default: sizes as published for CIFAR-10, 3 levels of 16 blocks with 512 channels; `small`: 2 levels of
 * 4 blocks with 32 channels.
 *
 * Source: Chen, Behrmann, Duvenaud, Jacobsen, "Residual flows for invertible generative modeling", 2019.
 *
 * @cost density: one pass (and the log-determinant, exact or estimated); sample: numeric (a fixed point a block)
 * @throws FlowConfigError for sizes that are not positive integers, or options of networks and estimators out of range.
 * @throws FlowShapeError for images whose height or width is no multiple of `2^levels`.
 *
 * @example
 * const flow = new DequantizedFlow({ flow: imageResidualFlow({ eventShape: [28, 28, 1], preset: 'small' }) });
 */
export function imageResidualFlow(options: ImageResidualFlowOptions): Flow {
  const sized = { ...sizesOf('imageResidualFlow', PRESETS, options.preset), ...options };
  const { hidden, lipschitz, contextShape, tolerance, maxSteps } = sized;
  const { logDet = { estimator: 'roulette' }, evaluationLogDet = { estimator: 'series' } } = options;
  return assembleMultiScaleFlow('imageResidualFlow', sized, (eventShape, seed) => {
    const network = new LipschitzConvNet({ eventShape, hidden: [hidden, hidden], lipschitz, contextShape, seed });
    const block = new InvertibleResidual({ network, logDet, evaluationLogDet, tolerance, maxSteps, seed });
    return [new ActNorm({ eventShape }), block];
  });
}
