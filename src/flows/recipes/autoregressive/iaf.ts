import { Invert } from '../../../bijectors/invert.js';
import { ElementwiseAffine } from '../../../elementwise/elementwise-affine.js';
import { autoregressiveLayer } from './autoregressive-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow } from '../recipe.js';
import type { MafOptions } from './maf.js';

/**
 * IAF: the layers of {@link maf} run the other way, so that a sample with its density is one pass a layer and the density
 * of a given point one pass a coordinate: for variational posteriors and other targets that are sampled, not observed.
 * Defaults: 5 layers, hidden [128, 128].
 *
 * Source: Kingma et al., "Improved Variational Inference with Inverse Autoregressive Flow", 2016.
 *
 * @cost density: passes (one a coordinate); sample: one pass
 * @throws FlowConfigError for sizes that are not positive integers, or an unknown scale.
 */
export function iaf(options: MafOptions): Flow {
  const { layers = 5, hidden = [128, 128], mixing = 'reverse', scale = 'exp' } = options;
  const sized = { ...options, layers, hidden, mixing };
  const transform = new ElementwiseAffine({ scale });
  return assembleFlow('iaf', sized, (_, seed) => new Invert({ bijector: autoregressiveLayer(sized, transform, seed) }));
}
