import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { dense } from '../../kernels/dense/op.js';
import { Module, type Config } from '../../module.js';
import type { RandomStream } from '../../random.js';
import { shrinkToBound, squaredNormBound } from '../normalisation/norm-bound.js';
import type { AffineLayer } from './layered-map.js';

/** Options of {@link LipschitzDense}. */
export interface LipschitzDenseOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Largest singular value that the kernel may have. */
  readonly bound: number;
  /** Start with zeros, so that the layer emits zero. */
  readonly zero: boolean;
  readonly stream: RandomStream;
}

/** A fully connected layer, `x W + b`, whose kernel is shrunk to a spectral norm of at most `bound` before it is used. */
export class LipschitzDense extends Module {
  static override readonly className: string = 'LipschitzDense';

  readonly #kernel: Variable;
  readonly #bias: Variable;
  readonly #bound: number;

  constructor({ inputs, outputs, bound, zero, stream }: LipschitzDenseOptions) {
    super();
    const range = zero ? 0 : 1 / Math.sqrt(inputs);
    const uniform = (name: string, count: number) => stream.split(name).uniform(count, -range, range);
    this.#kernel = this.weight('kernel', [inputs, outputs], uniform('kernel', inputs * outputs));
    this.#bias = this.weight('bias', [outputs], uniform('bias', outputs));
    this.#bound = bound;
  }

  /** @param shift added to each row, `[rows, outputs]` */
  bind(shift: Tensor | null): AffineLayer {
    const kernel = shrinkToBound(this.#kernel, squaredNormBound(this.#kernel), this.#bound) as Tensor2D;
    return {
      apply: (x) => {
        const y = dense(x, kernel, this.#bias);
        return shift ? tf.add(y, shift) : y;
      },
      push: (tangents) => tf.matMul(tangents as Tensor2D, kernel),
      transposed: kernel,
      pull: (cotangents, transposed) => tf.matMul(cotangents as Tensor2D, transposed as Tensor2D, false, true),
    };
  }

  /** Never saved: its owner builds it. */
  override getConfig(): Config {
    return { bound: this.#bound };
  }
}
