import { ElementwiseAffine, type ScaleMap } from '../../../elementwise/elementwise-affine.js';
import { autoregressiveLayer } from './autoregressive-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link maf} and `iaf`. */
export interface MafOptions extends RecipeOptions {
  /** How slopes are bounded, see {@link ElementwiseAffine}. Default: `exp`. */
  readonly scale?: ScaleMap;
}

/**
 * MAF: affine autoregressive layers, reversed from layer to layer. The density is one pass a layer, a sample one pass a
 * coordinate. Defaults: 5 layers, hidden [128, 128].
 *
 * Source: Papamakarios, Pavlakou, Murray, "Masked Autoregressive Flow for Density Estimation", 2017.
 *
 * @cost density: one pass; sample: passes (one a coordinate)
 * @throws FlowConfigError for sizes that are not positive integers, or an unknown scale.
 */
export function maf(options: MafOptions): Flow {
  const { layers = 5, hidden = [128, 128], mixing = 'reverse', scale = 'exp' } = options;
  const sized = { ...options, layers, hidden, mixing };
  const transform = new ElementwiseAffine({ scale });
  return assembleFlow('maf', sized, (_, seed) => autoregressiveLayer(sized, transform, seed));
}
