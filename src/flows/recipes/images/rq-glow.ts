import { ActNorm } from '../../../bijectors/act-norm.js';
import { Conv1x1 } from '../../../bijectors/image/conv1x1.js';
import { SpatialCoupling } from '../../../bijectors/image/spatial-coupling.js';
import { ResidualConvNet } from '../../../conditioners/convolutional/residual-conv-net.js';
import { RationalQuadraticSpline } from '../../../elementwise/rational-quadratic-spline.js';
import { imageContext } from '../conditioning.js';
import type { Flow } from '../../flow.js';
import { sizesOf } from './image-recipe.js';
import { assembleMultiScaleFlow, type MultiScaleFlowOptions } from './multi-scale-recipe.js';

/** Options of {@link rqGlow}. */
export interface RqGlowOptions extends MultiScaleFlowOptions {
  /** Bins of each spline. Default: 4. */
  readonly bins?: number;
  /** The splines act on `[-tailBound, tailBound]`. Default: 3. */
  readonly tailBound?: number;
  /** Residual blocks of each coupling network. */
  readonly blocks?: number;
  /** Probability of dropping a hidden channel while training. Default: 0. */
  readonly dropout?: number;
}

const PRESETS = {
  paper: { levels: 3, steps: 7, hidden: 96, blocks: 3, split: false },
  small: { levels: 2, steps: 4, hidden: 24, blocks: 1, split: true },
};

/**
 * RQ-NSF for images: Glow with rational-quadratic splines in its couplings and residual networks to steer them, which
 * reach the likelihood of affine couplings with a fraction of the parameters.
 *
 * Preset `paper`, the default: sizes as published for CIFAR-10 with 8 bits, but no batch normalisation: 3 levels of 7 steps, all
 * channels kept to the end, 96 hidden channels, 3 residual blocks, 4 bins. The preset `small`: 2 levels of 4 steps with
 * splits, 24 hidden channels, 1 block.
 *
 * Source: Durkan, Bekasov, Murray, Papamakarios, "Neural Spline Flows", 2019, section 5.4 and appendix B.3.
 *
 * @cost density: one pass; sample: one pass
 * @throws FlowConfigError for sizes that are not positive integers, or impossible spline options.
 * @throws FlowShapeError for images whose height or width is no multiple of `2^levels`.
 */
export function rqGlow(options: RqGlowOptions): Flow {
  const { bins = 4, tailBound = 3, dropout = 0 } = options;
  const sized = { ...sizesOf('rqGlow', PRESETS, options.preset), ...options };
  const { blocks } = sized;
  const context = imageContext('rqGlow', options);
  const transform = new RationalQuadraticSpline({ bins, tailBound, rawScale: 1 / Math.sqrt(sized.hidden) });
  return assembleMultiScaleFlow('rqGlow', sized, (eventShape, seed) => [
    new SpatialCoupling({
      eventShape,
      transform,
      conditioner: (request) =>
        new ResidualConvNet({ ...request, hidden: sized.hidden, blocks, dropout, ...context, seed: seed.split('coupling') }), // prettier-ignore
    }),
    new Conv1x1({ eventShape, seed: seed.split('conv') }),
    new ActNorm({ eventShape }),
  ]);
}
