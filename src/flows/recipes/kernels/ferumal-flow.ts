import { assembleFerumal, type FerumalFlowOptions } from './ferumal-recipe.js';
import type { Flow } from '../../flow.js';

/**
 * FF-RealNVP: RealNVP whose networks are kernel expansions over auxiliary points. A tenth of the parameters, a start from
 * the data, and good fits of a few hundred rows. Defaults: 8 layers of 150 points, Matérn kernels with ν = 5/2, nothing
 * between the layers.
 *
 * Source: English, Kirchler, Lippert, "Kernelised normalising flows", 2024.
 *
 * @cost density: one pass; sample: one pass
 * @throws FlowConfigError for sizes that are not positive integers, or `exact` without a number of points.
 */
export function ferumalFlow(options: FerumalFlowOptions): Flow {
  const { layers = 8, mixing = 'none' } = options;
  return assembleFerumal('ferumalFlow', { ...options, layers, mixing }, (coupling) => coupling);
}
