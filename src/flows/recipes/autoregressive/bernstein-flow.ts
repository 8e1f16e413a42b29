import { BernsteinPolynomial } from '../../../elementwise/bernstein-polynomial.js';
import { autoregressiveLayer } from './autoregressive-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link bernsteinFlow}. */
export interface BernsteinFlowOptions extends RecipeOptions {
  /** Degree of each polynomial. Default: 16. */
  readonly degree?: number;
  /** Straight lines beyond, in units of the standardised data. Default: 5. */
  readonly tailBound?: number;
}

/**
 * Autoregressive layers of increasing Bernstein polynomials, reversed from layer to layer. The density is one pass a
 * layer, a sample one pass and one numeric inverse a coordinate. Defaults: 5 layers, hidden [128, 128], degree 16. It
 * starts as a Gaussian with the data's means and deviations.
 *
 * Source: Ramasinghe, Fernando, Khan, Barnes, "Robust normalizing flows using Bernstein-type polynomials", 2021.
 *
 * @cost density: one pass; sample: numeric (a pass and a search a coordinate)
 * @throws FlowConfigError for sizes that are not positive integers, or an empty interval.
 */
export function bernsteinFlow(options: BernsteinFlowOptions): Flow {
  const { layers = 5, hidden = [128, 128], mixing = 'reverse', degree = 16, tailBound = 5 } = options;
  const sized = { ...options, layers, hidden, mixing };
  const transform = new BernsteinPolynomial({ degree, tailBound });
  return assembleFlow('bernsteinFlow', sized, (_, seed) => autoregressiveLayer(sized, transform, seed));
}
