import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import { squaredDistances } from '../../kernels/squared-distances/op.js';
import type { Config } from '../../module.js';
import { KernelFunction, part } from './kernel-function.js';

/** Options that every radial kernel takes. */
export interface RadialKernelOptions {
  /** Length-scale to start from, in units of the distances between points. Default: 1. */
  readonly lengthScale?: number;
  /** One length-scale a coordinate ("automatic relevance determination") rather than one for all. Default: true. */
  readonly ard?: boolean;
}

/** Share of its first value below which no length-scale can fall: a kernel that is zero everywhere learns nothing more. */
const LEAST = 0.01;

/**
 * A kernel of the scaled distance alone, `k(x, w) = κ(r)`, `r² = Σ_j (x_j - w_j)² / l_j²`.
 *
 * Length-scales are `l_j = unit_j · lengthScale · (0.01 + 0.99 exp(raw_j))`: trained by factors, and bounded from below.
 */
export abstract class RadialKernel extends KernelFunction {
  readonly #lengthScale: number;
  readonly #ard: boolean;

  /** @throws FlowConfigError for a length-scale that is not positive. */
  constructor(name: string, { lengthScale = 1, ard = true }: RadialKernelOptions) {
    super();
    this.#lengthScale = checkPositiveNumber(`${name}.lengthScale`, lengthScale);
    this.#ard = ard;
  }

  /** Raw parameters beside length-scales, to start from. */
  protected get initialShape(): readonly number[] {
    return [];
  }

  /** Factor on `r²` that {@link profile} wants. */
  protected abstract readonly factor: number;

  /**
   * `κ` from `squares = factor · r²`.
   *
   * @param shape raw parameters beside length-scales
   */
  protected abstract profile(squares: Tensor, shape: Tensor): Tensor;

  override parameterCount(dims: number): number {
    return (this.#ard ? dims : 1) + this.initialShape.length;
  }

  override initialParameters(dims: number): number[] {
    return [...Array<number>(this.#ard ? dims : 1).fill(0), ...this.initialShape];
  }

  override gram(x: Tensor, points: Tensor, raw: Tensor, unit: Tensor): Tensor {
    const scales = raw.size - this.initialShape.length;
    const stretch = tf.add(tf.mul(tf.exp(part(raw, 0, scales)), 1 - LEAST), LEAST);
    const lengths = tf.mul(tf.mul(unit, stretch), this.#lengthScale / Math.sqrt(this.factor));
    const squares = squaredDistances(x, points, tf.reciprocal(tf.square(lengths)));
    return this.profile(squares, part(raw, scales, this.initialShape.length));
  }

  override getConfig(): Config {
    return { lengthScale: this.#lengthScale, ard: this.#ard };
  }
}

/** @throws FlowConfigError unless `value` is a positive number. */
export function checkPositiveNumber(where: string, value: number): number {
  if (value > 0 && value < Infinity) return value;
  throw new FlowConfigError(where, { expected: 'a positive number', got: String(value) });
}
