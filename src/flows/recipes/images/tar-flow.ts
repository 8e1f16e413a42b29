import { Chain } from '../../../bijectors/chain.js';
import { PixelScaling } from '../../../bijectors/image/pixel-scaling.js';
import { Patchify } from '../../../bijectors/tokens/patchify.js';
import { TokenAutoregressive } from '../../../bijectors/tokens/token-autoregressive.js';
import { CausalTransformer } from '../../../conditioners/transformer/causal-transformer.js';
import { Normal } from '../../../distributions/normal.js';
import { FlowConfigError } from '../../../errors.js';
import { RandomStream } from '../../../random.js';
import { contextOfLayers } from '../conditioning.js';
import { Flow } from '../../flow.js';
import { sizesOf, type ImageFlowOptions } from './image-recipe.js';
import { checkPositive } from '../recipe.js';

/** Options of {@link tarFlow}. */
export interface TarFlowOptions extends ImageFlowOptions {
  /** Height and width of a patch. */
  readonly patch?: number;
  /** Number of autoregressive layers. */
  readonly blocks?: number;
  /** Transformer blocks of each. */
  readonly layers?: number;
  /** Entries of a token inside of the transformers. */
  readonly width?: number;
  /** Entries of one head, a divisor of the width. */
  readonly headWidth?: number;
  /** Keep shifts and log-scales within plus or minus this. Default: null, not at all. */
  readonly softClip?: number | null;
}

const PRESETS = {
  paper: { patch: 2, blocks: 8, layers: 8, width: 768, headWidth: 64 },
  small: { patch: 4, blocks: 4, layers: 2, width: 64, headWidth: 32 },
};

/**
 * TARFlow: autoregressive affine layers on the patches of an image with causal transformers, in reading order and
 * backward by turns. The density is one pass; a sample takes one step a patch and layer. It starts as a standard normal
 * distribution of the scaled pixels.
 *
 * Presets: `paper` has patches of 2, 8 layers of 8 transformer blocks, width 768, heads of 64, as for images of 64 pixels;
 * `small` has patches of 4, 4 layers of 2 blocks, width 64, heads of 32.
 *
 * Source: Zhai et al., "Normalizing flows are capable generative models", 2024.
 *
 * @cost density: one pass; sample: passes (one a patch)
 * @example
 * const flow = tarFlow({ eventShape: [32, 32, 3], preset: 'small', contextShape: [10] });
 *
 * @throws FlowConfigError for sizes that are not positive integers, or an image that the patches do not fit.
 */
export function tarFlow(options: TarFlowOptions): Flow {
  const { eventShape, bits = 8, embedding = null, softClip = null, seed = 0, preset } = options;
  const contextShape = contextOfLayers('tarFlow', options);
  const sizes = sizesOf('tarFlow', PRESETS, preset);
  const { patch = sizes.patch, blocks = sizes.blocks, layers: depth = sizes.layers } = options;
  const { width = sizes.width, headWidth = sizes.headWidth } = options;
  checkPositive('tarFlow', 'blocks', blocks);
  checkPositive('tarFlow', 'layers', depth);
  checkPositive('tarFlow', 'width', width);
  const heads = width / headWidth;
  if (!Number.isInteger(heads) || heads < 1) {
    throw new FlowConfigError('tarFlow.headWidth', { expected: `a divisor of the width ${width}`, got: String(headWidth) }); // prettier-ignore
  }
  const stream = RandomStream.from(seed).split('tarFlow');
  const patchify = new Patchify({ eventShape, patch });
  const [tokens, channels] = patchify.eventShapeIn;
  const stack = Array.from({ length: blocks }, (_, i) => {
    const own = stream.split(`block.${i}`);
    return new TokenAutoregressive({
      tokens,
      channels,
      flip: i % 2 === 1,
      softClip,
      conditioner: (request) => new CausalTransformer({ ...request, width, depth, heads, contextShape, seed: own }),
    });
  });
  const scaling = new PixelScaling({ eventShape, bits, low: -1, high: 1 });
  const bijector = new Chain({ bijectors: [...stack.reverse(), patchify, scaling] });
  return new Flow({ base: Normal.standard(patchify.eventShapeIn), bijector, embedding });
}
