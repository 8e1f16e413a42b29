import { ActNorm } from '../bijectors/act-norm.js';
import { Conv1x1 } from '../bijectors/image/conv1x1.js';
import { FInC } from '../bijectors/image/finc.js';
import { affineImageCoupling } from './image-coupling.js';
import type { Flow } from './flow.js';
import { assembleImageFlow, type ImageFlowOptions } from './image-recipe.js';

/**
 * FInC flow: Glow with the k × k convolutions of {@link FInC} in every step, four groups of channels that look in four
 * directions. Each step adds `9 c² / 4` weights for `c` channels, and keeps volumes there.
 *
 * Defaults as published for MNIST: 3 levels of 32 steps, coupling networks with 512 channels. For two cores:
 * `levels: 2, steps: 4, hidden: 32`.
 *
 * Source: Kallappa, Nagar, Varma, "FInC Flow: Fast and invertible k×k convolutions for normalizing flows", 2023.
 *
 * @throws FlowConfigError for sizes that are not positive integers.
 * @throws FlowShapeError for images whose height or width is no multiple of `2^levels`.
 */
export function fincFlow(options: ImageFlowOptions): Flow {
  const sized = { levels: 3, steps: 32, hidden: 512, split: true, ...options };
  return assembleImageFlow('fincFlow', sized, (eventShape, seed) => [
    affineImageCoupling(eventShape, sized, seed.split('coupling')),
    new Conv1x1({ eventShape, seed: seed.split('conv') }),
    new ActNorm({ eventShape }),
    new FInC({ eventShape, seed: seed.split('finc') }),
  ]);
}
