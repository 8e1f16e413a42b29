import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config, Configurable } from '../../module.js';

/**
 * A positive definite function of two points, `k(x, w)`, with `k(x, x) = 1` at the start. Stateless: what is trained of it
 * - length-scales, shapes, weights of a sum - is owned by whoever uses it, as one vector of raw parameters.
 */
export abstract class KernelFunction implements Configurable {
  /** Name under which the class is saved. */
  static readonly className: string = '';
  /** Instances on which the contract suite tests the class. */
  static readonly samples: readonly (() => KernelFunction)[] = [];

  get className(): string {
    return (this.constructor as typeof KernelFunction).className;
  }

  /** Number of raw parameters for points with `dims` coordinates. */
  abstract parameterCount(dims: number): number;

  /** Raw parameters to start training from. */
  abstract initialParameters(dims: number): number[];

  /**
   * `k(x_b, w_i)`, `[batch, count]`; differentiable in all its tensors, also where `x_b = w_i`.
   *
   * @param x `[batch, dims]`
   * @param points `[count, dims]`
   * @param raw `[parameterCount(dims)]`
   * @param unit lengths in which length-scales are counted, `[dims]`, positive
   */
  abstract gram(x: Tensor, points: Tensor, raw: Tensor, unit: Tensor): Tensor;

  abstract getConfig(): Config;
}

/** The entries `[from, from + count)` of a vector. */
export function part(raw: Tensor, from: number, count: number): Tensor {
  return from === 0 && count === raw.size ? raw : tf.slice(raw, from, count);
}
