import { KernelGaussianization } from '../../../bijectors/kernel-gaussianization.js';
import { contextOfLayers } from '../conditioning.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link gaussianizationFlow}. */
export interface GaussianizationFlowOptions extends Omit<RecipeOptions, 'residual' | 'activation' | 'dropout'> {
  /** Widths of the networks that move kernels with the context, where there is one. Default: [64, 64]. */
  readonly hidden?: readonly number[];
  /** Kernels of each coordinate in each layer. Default: 32. */
  readonly components?: number;
}

/**
 * Gaussianization flow: every layer makes each coordinate standard normal on its own, and a rotation stands between two.
 * `initialize` on data puts the kernels of every layer on what reaches it, which already fits much before any training.
 * Samples take one numeric inverse a layer. Defaults: 6 layers of 32 kernels, fixed random rotations.
 *
 * Source: Meng, Song, Song, Ermon, "Gaussianization flows", 2020.
 *
 * @cost density: one pass; sample: numeric (a search a layer)
 * @throws FlowConfigError for sizes that are not positive integers.
 */
export function gaussianizationFlow(options: GaussianizationFlowOptions): Flow {
  const { dims, layers = 6, mixing = 'rotation', components = 32, hidden } = options;
  const contextShape = contextOfLayers('gaussianizationFlow', options);
  const sized = { ...options, layers, mixing };
  return assembleFlow(
    'gaussianizationFlow',
    sized,
    (_, seed) => new KernelGaussianization({ dims, components, contextShape, hidden, seed }),
  );
}
