import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { bumpsReference } from './reference.js';
import type { BumpAttributes } from './spec.js';

/** Bumps of unit mass, a row of them for each point; `[n, bumps]` each. */
export interface Bumps {
  /** Mass of each. */
  readonly weights: Tensor;
  /** Where each begins. */
  readonly starts: Tensor;
  /** Reciprocal of the width of each; on a circle at least 1. */
  readonly rates: Tensor;
  /** `α`: how narrow the bump is within its width. */
  readonly sharpness: Tensor;
}

/**
 * Distribution function and density of a sum of bumps `Σ wₖ rₖ S′(rₖ (x - aₖ))`, where `S` rises from 0 at 0 to 1 at 1 with
 * all derivatives continuous:
 *
 * `S(z) = ρ(z) / (ρ(z) + ρ(1 - z))`, `ρ(z) = exp(α (1 - z^-b))` for `z > 0`, else 0.
 *
 * On a circle, of length 1, the bumps repeat, and the distribution function goes on rising by `Σ wₖ` a turn; of the pieces
 * of `floor(x - aₖ)` it is made of, each vanishes with all derivatives where it begins and ends.
 *
 * @param x `[n]`
 * @returns value and slope, `[n]` each; differentiable to any order
 */
export function bumpSums(x: Tensor, bumps: Bumps, attributes: BumpAttributes): { value: Tensor; slope: Tensor } {
  const { weights, starts, rates, sharpness } = bumps;
  const inputs = [x, weights, starts, rates, sharpness];
  const [value, slope] = tf.tidy(() => bumpsReference(inputs, attributes));
  return { value, slope };
}
