import { ElementwiseAffine } from '../elementwise/elementwise-affine.js';
import { couplingLayer } from './coupling-recipe.js';
import type { Flow } from './flow.js';
import { assembleFlow, type RecipeOptions } from './recipe.js';

/**
 * RealNVP: affine coupling layers with alternating masks. Quick and smooth; needs more layers than splines do.
 * Defaults: 8 layers, hidden [128, 128], nothing between the layers.
 *
 * Source: Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", 2017.
 *
 * @throws FlowConfigError for sizes that are not positive integers.
 */
export function realNvp(options: RecipeOptions): Flow {
  const { layers = 8, hidden = [128, 128], mixing = 'none' } = options;
  const sized = { ...options, layers, hidden, mixing };
  const transform = new ElementwiseAffine();
  return assembleFlow('realNvp', sized, (index, seed) => couplingLayer(sized, transform, index, seed));
}
