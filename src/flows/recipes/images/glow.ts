import { ActNorm } from '../../../bijectors/act-norm.js';
import { Conv1x1 } from '../../../bijectors/image/conv1x1.js';
import { affineImageCoupling } from './image-coupling.js';
import type { Flow } from '../../flow.js';
import { sizesOf } from './image-recipe.js';
import { assembleMultiScaleFlow, GLOW_PRESETS, type MultiScaleFlowOptions } from './multi-scale-recipe.js';

/**
 * Glow: at each of several resolutions steps of activation normalisation, an invertible 1×1 convolution and an affine coupling.
 * Densities and draws are both one pass.
 *
 * Preset `paper`, the default: sizes as published for CIFAR-10: 3 levels of 32 steps, coupling networks 3×3, 1×1, 3×3 with 512 channels. The preset
 * `small`: 2 levels of 4 steps with 32 channels.
 *
 * Source: Kingma and Dhariwal, "Glow: Generative flow with invertible 1×1 convolutions", 2018.
 *
 * @cost density: one pass; sample: one pass
 * @throws FlowConfigError for sizes that are not positive integers.
 * @throws FlowShapeError for images whose height or width is no multiple of `2^levels`.
 *
 * @example
 * const flow = new DequantizedFlow({ flow: glow({ eventShape: [28, 28, 1], preset: 'small' }) });
 */
export function glow(options: MultiScaleFlowOptions): Flow {
  const sized = { ...sizesOf('glow', GLOW_PRESETS, options.preset), ...options };
  return assembleMultiScaleFlow('glow', sized, (eventShape, seed) => [
    affineImageCoupling(eventShape, sized, seed.split('coupling')),
    new Conv1x1({ eventShape, seed: seed.split('conv') }),
    new ActNorm({ eventShape }),
  ]);
}
