import type { Tensor } from '@tensorflow/tfjs-core';
import { REALS, type Interval } from '../../interval.js';
import { Module } from '../../module.js';
import type { RandomStream } from '../../random.js';

/**
 * What the decoder of a `VAE` says about the data: `log p(x | z) = Σᵢ log p(xᵢ; θᵢ(z))`, independent coordinates whose parameters
 * the decoder emits.
 */
export abstract class Likelihood extends Module {
  /** Numbers that the decoder emits for each coordinate. */
  abstract readonly parametersPerCoordinate: number;
  /** Interval that every coordinate lies in. */
  readonly support: Interval = REALS;
  /** Whether coordinates are whole numbers. */
  readonly discrete: boolean = false;

  /**
   * `log p(x; θ)`, `[rows]`.
   *
   * @param x `[rows, dims]`
   * @param raw `[rows, parametersPerCoordinate · dims]`: the first parameter of all coordinates, then the second
   */
  abstract logProb(x: Tensor, raw: Tensor): Tensor;

  /** The means of the coordinates, `[rows, dims]`. */
  abstract mean(raw: Tensor): Tensor;

  /** One draw a row, `[rows, dims]`. */
  abstract draw(raw: Tensor, stream: RandomStream): Tensor;
}
