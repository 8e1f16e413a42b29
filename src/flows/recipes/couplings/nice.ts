import { Affine } from '../../../bijectors/affine.js';
import { ElementwiseShift } from '../../../elementwise/elementwise-shift.js';
import { couplingLayer } from './coupling-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, checkPositive, type RecipeOptions } from '../recipe.js';

/**
 * NICE: additive, volume-preserving coupling layers, with one trained scale a coordinate on the base side.
 * Defaults: 4 layers, hidden [128, 128], nothing between the layers.
 *
 * Source: Dinh, Krueger, Bengio, "NICE: Non-linear independent components estimation", 2015.
 *
 * @cost density: one pass; sample: one pass
 * @throws FlowConfigError for sizes that are not positive integers.
 */
export function nice(options: RecipeOptions): Flow {
  const { dims, layers = 4, hidden = [128, 128], mixing = 'none' } = options;
  checkPositive('nice', 'dims', dims);
  const sized = { ...options, layers, hidden, mixing };
  const transform = new ElementwiseShift();
  return assembleFlow('nice', sized, (index, seed) => couplingLayer(sized, transform, index, seed), [
    new Affine({ eventShape: [dims] }),
  ]);
}
