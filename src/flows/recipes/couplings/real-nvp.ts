import { ElementwiseAffine, type ScaleMap } from '../../../elementwise/elementwise-affine.js';
import { couplingLayer } from './coupling-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link realNvp}. */
export interface RealNvpOptions extends RecipeOptions {
  /**
   * How the slopes of couplings are bounded, see {@link ElementwiseAffine}. `sigmoid` keeps draws of a conditional flow from
   * exploding at contexts unlike those trained on. Default: `exp`.
   */
  readonly scale?: ScaleMap;
}

/**
 * RealNVP: affine coupling layers with alternating masks. Quick and smooth; needs more layers than splines do.
 * Defaults: 8 layers, hidden [128, 128], nothing between the layers.
 *
 * Source: Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", 2017.
 *
 * @cost density: one pass; sample: one pass
 * @throws FlowConfigError for sizes that are not positive integers, or an unknown scale.
 */
export function realNvp(options: RealNvpOptions): Flow {
  const { layers = 8, hidden = [128, 128], mixing = 'none', scale = 'exp' } = options;
  const sized = { ...options, layers, hidden, mixing };
  const transform = new ElementwiseAffine({ scale });
  return assembleFlow('realNvp', sized, (index, seed) => couplingLayer(sized, transform, index, seed));
}
