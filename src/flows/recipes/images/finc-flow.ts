import { ActNorm } from '../../../bijectors/act-norm.js';
import { Conv1x1 } from '../../../bijectors/image/conv1x1.js';
import { FInC } from '../../../bijectors/image/finc.js';
import { affineImageCoupling } from './image-coupling.js';
import type { Flow } from '../../flow.js';
import { sizesOf } from './image-recipe.js';
import { assembleMultiScaleFlow, GLOW_PRESETS, type MultiScaleFlowOptions } from './multi-scale-recipe.js';

/**
 * FInC flow: Glow with the k × k convolutions of {@link FInC} in every step, four groups of channels that look in four
 * directions. Each step adds `9 c² / 4` weights for `c` channels, and keeps volumes there.
 *
 * Preset `paper`, the default: sizes as published for MNIST: 3 levels of 32 steps, coupling networks with 512 channels. The preset
 * `small`: 2 levels of 4 steps with 32 channels.
 *
 * Source: Kallappa, Nagar, Varma, "FInC Flow: Fast and invertible k×k convolutions for normalizing flows", 2023.
 *
 * @cost density: one pass; sample: passes (one a diagonal of pixels)
 * @throws FlowConfigError for sizes that are not positive integers.
 * @throws FlowShapeError for images whose height or width is no multiple of `2^levels`.
 */
export function fincFlow(options: MultiScaleFlowOptions): Flow {
  const sized = { ...sizesOf('fincFlow', GLOW_PRESETS, options.preset), ...options };
  return assembleMultiScaleFlow('fincFlow', sized, (eventShape, seed) => [
    affineImageCoupling(eventShape, sized, seed.split('coupling')),
    new Conv1x1({ eventShape, seed: seed.split('conv') }),
    new ActNorm({ eventShape }),
    new FInC({ eventShape, seed: seed.split('finc') }),
  ]);
}
