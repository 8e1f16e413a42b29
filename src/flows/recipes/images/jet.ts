import { Chain } from '../../../bijectors/chain.js';
import { PixelScaling } from '../../../bijectors/image/pixel-scaling.js';
import { Patchify } from '../../../bijectors/tokens/patchify.js';
import { TokenCoupling } from '../../../bijectors/tokens/token-coupling.js';
import type { TokenCouplingKind } from '../../../bijectors/tokens/token-halves.js';
import { VisionTransformer } from '../../../conditioners/transformer/vision-transformer.js';
import { Normal } from '../../../distributions/normal.js';
import { RandomStream } from '../../../random.js';
import { contextOfLayers } from '../conditioning.js';
import { Flow } from '../../flow.js';
import { sizesOf, type ImageFlowOptions } from './image-recipe.js';
import { checkPositive } from '../recipe.js';

/** Options of {@link jet}. */
export interface JetOptions extends ImageFlowOptions {
  /** Height and width of a patch; there must be an even number of them along both sides of an image. */
  readonly patch?: number;
  /** Number of coupling layers. */
  readonly couplings?: number;
  /** Transformer blocks of each coupling. */
  readonly depth?: number;
  /** Entries of a token inside of the transformers. */
  readonly width?: number;
  /** Heads of each attention. */
  readonly heads?: number;
}

const PRESETS = {
  paper: { patch: 4, couplings: 32, depth: 2, width: 512, heads: 8 },
  small: { patch: 4, couplings: 10, depth: 1, width: 64, heads: 4 },
};

/** Spatial couplings in the order in which they come, one after every four of channels. */
const SPATIAL: readonly TokenCouplingKind[] = ['checkerboard', 'verticalStripes', 'horizontalStripes'];
const CHANNELS_BEFORE_SPATIAL = 4;

/**
 * Jet: affine couplings on the patches of an image, with vision transformers as conditioners. From the data on, four
 * couplings of channels are followed by one of tokens - checkerboard, columns, rows, each both ways round. Density and
 * samples are both one pass. It starts as a standard normal distribution of the scaled pixels.
 *
 * Presets: `paper` has patches of 4, 32 couplings of depth 2, width 512, 8 heads, as for images of 64 pixels; `small` has
 * 10 couplings of depth 1, width 64, 4 heads.
 *
 * Source: Kolesnikov, Pinto, Tschannen, "Jet: A modern transformer-based normalizing flow", 2024.
 *
 * @cost density: one pass; sample: one pass
 * @example
 * const flow = jet({ eventShape: [32, 32, 3], preset: 'small' });
 *
 * @throws FlowConfigError for sizes that are not positive integers, or an image that the patches do not fit.
 */
export function jet(options: JetOptions): Flow {
  const { eventShape, bits = 8, embedding = null, seed = 0, preset } = options;
  const contextShape = contextOfLayers('jet', options);
  const sizes = sizesOf('jet', PRESETS, preset);
  const { patch = sizes.patch, couplings = sizes.couplings, depth = sizes.depth } = options;
  const { width = sizes.width, heads = sizes.heads } = options;
  checkPositive('jet', 'couplings', couplings);
  const stream = RandomStream.from(seed).split('jet');
  const patchify = new Patchify({ eventShape, patch });
  const [, channels] = patchify.eventShapeIn;
  const layers = Array.from({ length: couplings }, (_, i) => {
    const own = stream.split(`coupling.${i}`);
    return new TokenCoupling({
      grid: patchify.grid,
      channels,
      ...kindOf(i),
      conditioner: (request) => new VisionTransformer({ ...request, width, depth, heads, contextShape, seed: own }),
      seed: own.split('order'),
    });
  });
  // 256 levels on [-1, 1], that is.
  const scaling = new PixelScaling({ eventShape, bits, low: -1, high: 1 + 2 / (2 ** bits - 1) });
  const bijector = new Chain({ bijectors: [...layers.reverse(), patchify, scaling] });
  return new Flow({ base: Normal.standard(patchify.eventShapeIn), bijector, embedding });
}

/** The kind of a coupling, counted from the data. */
function kindOf(index: number): { kind: TokenCouplingKind; flip: boolean } {
  const group = CHANNELS_BEFORE_SPATIAL + 1;
  if (index % group < CHANNELS_BEFORE_SPATIAL) return { kind: 'channels', flip: false };
  const turn = Math.floor(index / group);
  return { kind: SPATIAL[Math.floor(turn / 2) % SPATIAL.length], flip: turn % 2 === 1 };
}
