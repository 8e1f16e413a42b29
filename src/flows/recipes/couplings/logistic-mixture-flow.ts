import { LogisticMixture } from '../../../elementwise/logistic-mixture.js';
import { couplingLayer } from './coupling-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link logisticMixtureFlow}. */
export interface LogisticMixtureFlowOptions extends RecipeOptions {
  /** Components of each mixture. Default: 8. */
  readonly components?: number;
}

/**
 * The coupling layers of Flow++ on tables: distribution functions of mixtures of logistics, with LU matrices between them
 * when there are more than two coordinates. The density is one pass, a sample one numeric inverse a layer. Defaults: 5
 * layers, hidden [128, 128], 8 components.
 *
 * Source: Ho, Chen, Srinivas, Duan, Abbeel, "Flow++", 2019, section 3.2.
 *
 * @cost density: one pass; sample: numeric (a search a layer)
 * @throws FlowConfigError for sizes that are not positive integers.
 */
export function logisticMixtureFlow(options: LogisticMixtureFlowOptions): Flow {
  const { dims, layers = 5, hidden = [128, 128], components = 8 } = options;
  const sized = { ...options, layers, hidden, mixing: options.mixing ?? (dims > 2 ? 'lu' : 'none') } as const;
  const transform = new LogisticMixture({ components });
  return assembleFlow('logisticMixtureFlow', sized, (index, seed) => couplingLayer(sized, transform, index, seed));
}
