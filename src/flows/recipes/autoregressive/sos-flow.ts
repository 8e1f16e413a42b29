import { SumOfSquares } from '../../../elementwise/sum-of-squares.js';
import { autoregressiveLayer } from './autoregressive-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link sosFlow}. */
export interface SosFlowOptions extends RecipeOptions {
  /** Polynomials whose squares are added. Default: 3. */
  readonly polynomials?: number;
  /** Degree of each. Default: 4. */
  readonly degree?: number;
  /** Straight lines beyond, in units of the standardised data. Default: 5. */
  readonly tailBound?: number;
}

/**
 * SOS flow: autoregressive layers of sum-of-squares polynomials, reversed from layer to layer. The density is one pass a
 * layer, a sample one pass and one numeric inverse a coordinate. Defaults: 5 layers, hidden [128, 128], 3 polynomials of
 * degree 4.
 *
 * Source: Jaini, Selby, Yu, "Sum-of-squares polynomial flow", 2019.
 *
 * @cost density: one pass; sample: numeric (a pass and a search a coordinate)
 * @throws FlowConfigError for sizes that are not positive integers, or an empty interval.
 */
export function sosFlow(options: SosFlowOptions): Flow {
  const { layers = 5, hidden = [128, 128], mixing = 'reverse', polynomials = 3, degree = 4, tailBound = 5 } = options;
  const sized = { ...options, layers, hidden, mixing };
  const transform = new SumOfSquares({ polynomials, degree, tailBound });
  return assembleFlow('sosFlow', sized, (_, seed) => autoregressiveLayer(sized, transform, seed));
}
