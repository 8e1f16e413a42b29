import { BlockAutoregressive } from '../../../bijectors/block-autoregressive.js';
import { contextOfLayers } from '../conditioning.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link blockNaf}. */
export type BlockNafOptions = Omit<RecipeOptions, 'residual' | 'activation' | 'dropout'>;

/**
 * B-NAF: block autoregressive networks with gated residuals, reversed from layer to layer; `hidden` counts units a
 * coordinate. The density is one pass a layer, a sample one numeric inverse a layer and coordinate. Defaults: 3 layers,
 * hidden [10, 10].
 *
 * Source: De Cao, Titov, Aziz, "Block neural autoregressive flow", 2019.
 *
 * @cost density: one pass; sample: numeric (a search a coordinate)
 * @throws FlowConfigError for sizes that are not positive integers.
 */
export function blockNaf(options: BlockNafOptions): Flow {
  const { dims, layers = 3, hidden = [10, 10], mixing = 'reverse' } = options;
  const contextShape = contextOfLayers('blockNaf', options);
  const sized = { ...options, layers, mixing };
  return assembleFlow('blockNaf', sized, (_, seed) => new BlockAutoregressive({ dims, hidden, contextShape, seed }));
}
