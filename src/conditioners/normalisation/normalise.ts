import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import { boundSpectralNorm } from './spectral-norm.js';
import { weightNorm } from './weight-norm.js';

/**
 * What is done to the kernel of a layer before it is used: `weight`, length and direction of the weights of each output are
 * trained apart; `spectral`, the largest singular value is kept from exceeding 1.
 */
export type NormalisationName = 'none' | 'weight' | 'spectral';

/** Every {@link NormalisationName}. */
export const NORMALISATION_NAMES: readonly NormalisationName[] = ['none', 'weight', 'spectral'];

/**
 * The kernel that a layer uses.
 *
 * @param kernel what is trained, `[...inputs, outputs]`
 * @param gain lengths for `weight`, `[outputs]`; null for the others
 */
export function normalise(name: NormalisationName, kernel: Tensor, gain: Tensor | null): Tensor {
  if (name === 'weight') return weightNorm(kernel, gain!);
  return name === 'spectral' ? boundSpectralNorm(kernel) : kernel;
}

/** @throws FlowConfigError for a name that is not among `names`. */
export function checkNormalisation(where: string, name: string, names: readonly string[] = NORMALISATION_NAMES): void {
  if (!names.includes(name)) {
    throw new FlowConfigError(where, { expected: `one of ${names.join(', ')}`, got: `"${name}"` });
  }
}
