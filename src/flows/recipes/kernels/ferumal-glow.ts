import { ActNorm } from '../../../bijectors/act-norm.js';
import { Chain } from '../../../bijectors/chain.js';
import { LULinear } from '../../../bijectors/linear/lu-linear.js';
import { assembleFerumal, type FerumalFlowOptions } from './ferumal-recipe.js';
import type { Flow } from '../../flow.js';

/**
 * FF-Glow on tables: every layer is, from data to base, activation normalisation, an LU matrix and a kernel coupling.
 * Defaults: 8 layers of 150 points, Matérn kernels with ν = 5/2. `mixing` comes on top of the matrices.
 *
 * Source: English, Kirchler, Lippert, "Kernelised normalising flows", 2024.
 *
 * @cost density: one pass; sample: one pass
 * @throws FlowConfigError for sizes that are not positive integers, or `exact` without a number of points.
 */
export function ferumalGlow(options: FerumalFlowOptions): Flow {
  const { dims, layers = 8, mixing = 'none' } = options;
  return assembleFerumal('ferumalGlow', { ...options, layers, mixing }, (coupling) => {
    const linear = new LULinear({ dims });
    return new Chain({ bijectors: [coupling, linear, new ActNorm({ eventShape: [dims] })] });
  });
}
