import { DeepSigmoid } from '../../../elementwise/deep-sigmoid.js';
import { autoregressiveLayer } from './autoregressive-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link naf}. */
export interface NafOptions extends RecipeOptions {
  /** Sigmoids of each coordinate's map. Default: 16. */
  readonly units?: number;
}

/**
 * NAF: autoregressive layers of deep sigmoidal maps, reversed from layer to layer. The density is one pass a layer, a
 * sample one pass and one numeric inverse a coordinate. Defaults: 5 layers, hidden [128, 128], 16 units.
 *
 * Source: Huang, Krueger, Lacoste, Courville, "Neural autoregressive flows", 2018.
 *
 * @cost density: one pass; sample: numeric (a pass and a search a coordinate)
 * @throws FlowConfigError for sizes that are not positive integers.
 */
export function naf(options: NafOptions): Flow {
  const { layers = 5, hidden = [128, 128], mixing = 'reverse', units = 16 } = options;
  const sized = { ...options, layers, hidden, mixing };
  const transform = new DeepSigmoid({ units });
  return assembleFlow('naf', sized, (_, seed) => autoregressiveLayer(sized, transform, seed));
}
