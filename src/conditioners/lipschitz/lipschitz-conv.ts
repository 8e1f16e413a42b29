import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { convolution } from '../../kernels/convolution/op.js';
import { Module, type Config } from '../../module.js';
import type { RandomStream } from '../../random.js';
import { squaredConvolutionNorm } from '../normalisation/convolution-norm.js';
import { shrinkToBound } from '../normalisation/norm-bound.js';
import type { AffineLayer } from './layered-map.js';

/** Options of {@link LipschitzConv}. */
export interface LipschitzConvOptions {
  /** Channels of the input. */
  readonly inputs: number;
  /** Channels of the output. */
  readonly outputs: number;
  /** Height and width of the filter, an odd number. */
  readonly kernelSize: number;
  /** Largest singular value that the convolution may have. */
  readonly bound: number;
  /** Start with zeros, so that the layer emits zero. */
  readonly zero: boolean;
  readonly stream: RandomStream;
}

/**
 * A convolution with stride 1 and zeros around the image, `x ∗ filter + b`, whose filter is shrunk until the convolution as a
 * linear map of images has a spectral norm of at most `bound`.
 */
export class LipschitzConv extends Module {
  static override readonly className: string = 'LipschitzConv';

  readonly #filter: Variable;
  readonly #bias: Variable;
  readonly #bound: number;

  constructor({ inputs, outputs, kernelSize, bound, zero, stream }: LipschitzConvOptions) {
    super();
    const fanIn = kernelSize ** 2 * inputs;
    const range = zero ? 0 : 1 / Math.sqrt(fanIn);
    const uniform = (name: string, count: number) => stream.split(name).uniform(count, -range, range);
    this.#filter = this.weight('filter', [kernelSize, kernelSize, inputs, outputs], uniform('filter', fanIn * outputs));
    this.#bias = this.weight('bias', [outputs], uniform('bias', outputs));
    this.#bound = bound;
  }

  /** @param shift added to each image, `[rows, 1, 1, outputs]` */
  bind(shift: Tensor | null): AffineLayer {
    const filter = shrinkToBound(this.#filter, squaredConvolutionNorm(this.#filter), this.#bound);
    // The transposed convolution, with the same zeros around the image.
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    const [, , inputs, outputs] = filter.shape as [number, number, number, number];
    return {
      apply: (x) => {
        const y = convolution(x, filter, this.#bias);
        return shift ? tf.add(y, shift) : y;
      },
      push: (tangents) => convolution(tangents, filter, tf.zeros([outputs])),
      transposed: turned,
      pull: (cotangents, transposed) => convolution(cotangents, transposed, tf.zeros([inputs])),
    };
  }

  /** Never saved: its owner builds it. */
  override getConfig(): Config {
    return { bound: this.#bound };
  }
}
