import { MonotonicNetwork } from '../../../elementwise/monotonic-network.js';
import { autoregressiveLayer } from './autoregressive-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link umnn}. */
export interface UmnnOptions extends RecipeOptions {
  /** Hidden units of each integrand. Default: 8. */
  readonly integrandHidden?: number;
  /** Nodes of the quadrature. Default: 33. */
  readonly nodes?: number;
  /** Straight lines beyond, in units of the standardised data. Default: 5. */
  readonly tailBound?: number;
}

/**
 * UMNN-MAF: autoregressive layers of integrals of positive networks, reversed from layer to layer. The density is one
 * pass a layer, a sample one pass and one numeric inverse a coordinate. Defaults: 5 layers, hidden [128, 128], integrands of
 * 8 hidden units at 33 nodes. It starts as a Gaussian with the data's means and deviations.
 *
 * Source: Wehenkel, Louppe, "Unconstrained monotonic neural networks", 2019, section 4.
 *
 * @cost density: one pass; sample: numeric (a pass and a search a coordinate)
 * @throws FlowConfigError for sizes that are not positive integers, or an empty interval.
 */
export function umnn(options: UmnnOptions): Flow {
  const { layers = 5, hidden = [128, 128], mixing = 'reverse' } = options;
  const { integrandHidden = 8, nodes = 33, tailBound = 5 } = options;
  const sized = { ...options, layers, hidden, mixing };
  const transform = new MonotonicNetwork({ hidden: integrandHidden, nodes, tailBound });
  return assembleFlow('umnn', sized, (_, seed) => autoregressiveLayer(sized, transform, seed));
}
