import { ActNorm } from '../../../bijectors/act-norm.js';
import { Conv1x1 } from '../../../bijectors/image/conv1x1.js';
import { SpatialCoupling } from '../../../bijectors/image/spatial-coupling.js';
import { KernelConditioner } from '../../../conditioners/kernel/kernel-conditioner.js';
import type { KernelFunction } from '../../../conditioners/kernel/kernel-function.js';
import { ElementwiseAffine } from '../../../elementwise/elementwise-affine.js';
import type { Flow } from '../../flow.js';
import { assembleMultiScaleFlow, type MultiScaleFlowOptions } from '../images/multi-scale-recipe.js';

/** Options of {@link ferumalImageGlow}. */
export interface FerumalImageGlowOptions extends Omit<MultiScaleFlowOptions, 'hidden' | 'preset'> {
  /** Auxiliary points of each coupling. Default: 150. */
  readonly points?: number;
  /** Default: `new MaternKernel()`, with ν = 5/2. */
  readonly kernel?: KernelFunction;
}

/**
 * FF-Glow on images: Glow whose couplings are kernel expansions. What steers a pixel is the half of its own channels that is
 * kept, which squeezing makes of its neighbours; there are no convolutions but those of the matrices and priors. Defaults: 2
 * levels of 8 steps with 150 points.
 *
 * Source: English, Kirchler, Lippert, "Kernelised normalising flows", 2024, which warns that images are not what kernels
 * are best at.
 *
 * @cost density: one pass; sample: one pass
 * @throws FlowConfigError for sizes that are not positive integers.
 * @throws FlowShapeError for images whose height or width is no multiple of `2^levels`.
 */
export function ferumalImageGlow(options: FerumalImageGlowOptions): Flow {
  const { points = 150, kernel, contextShape, levels = 2, steps = 8, split = true } = options;
  const sized = { ...options, levels, steps, split, hidden: points };
  const transform = new ElementwiseAffine();
  return assembleMultiScaleFlow('ferumalImageGlow', sized, (eventShape, seed) => [
    new SpatialCoupling({
      eventShape,
      transform,
      conditioner: (request) =>
        new KernelConditioner({ ...request, points, kernel, contextShape, seed: seed.split('coupling') }),
    }),
    new Conv1x1({ eventShape, seed: seed.split('conv') }),
    new ActNorm({ eventShape }),
  ]);
}
