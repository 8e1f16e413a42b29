import { ActNorm } from '../../../bijectors/act-norm.js';
import { Conv1x1 } from '../../../bijectors/image/conv1x1.js';
import { PaddedConv } from '../../../bijectors/image/padded-conv.js';
import { QuadCoupling } from '../../../bijectors/image/quad-coupling.js';
import type { Flow } from '../../flow.js';
import { couplingNetwork } from './image-coupling.js';
import { sizesOf } from './image-recipe.js';
import { assembleMultiScaleFlow, GLOW_PRESETS, type MultiScaleFlowOptions } from './multi-scale-recipe.js';

/**
 * CInC flow: Glow with an invertible 3×3 convolution in every step, and couplings of four quarters of the channels. The
 * zeros of the convolutions stand at the top left and at the bottom right by turns, so that two steps see all sides.
 *
 * A 1×1 convolution followed by one with ones on the diagonal of its corner block is any corner-padded convolution there is.
 *
 * Preset `paper`, the default: sizes as published for CIFAR-10: 3 levels of 32 steps, coupling networks with 512 channels. The preset
 * `small`: 2 levels of 4 steps with 32 channels.
 *
 * Source: Nagar, Dufraisse, Varma, "CInC Flow: Characterizable invertible 3×3 convolution", 2021.
 *
 * @cost density: one pass; sample: passes (one a diagonal of pixels)
 * @throws FlowConfigError for sizes that are not positive integers.
 * @throws FlowShapeError for images whose height or width is no multiple of `2^levels`.
 */
export function cincFlow(options: MultiScaleFlowOptions): Flow {
  const sized = { ...sizesOf('cincFlow', GLOW_PRESETS, options.preset), ...options };
  return assembleMultiScaleFlow('cincFlow', sized, (eventShape, seed, index) => [
    new QuadCoupling({
      eventShape,
      conditioner: (request, quarter) => couplingNetwork(request, sized, seed.split(`coupling.${quarter}`)),
    }),
    new PaddedConv({
      eventShape,
      diagonal: 'unit',
      bias: false,
      corner: index % 2 === 0 ? 'topLeft' : 'bottomRight',
      seed: seed.split('cinc'),
    }),
    new Conv1x1({ eventShape, seed: seed.split('conv') }),
    new ActNorm({ eventShape }),
  ]);
}
