import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { CompositeKernel, type CompositeKernelOptions } from './composite-kernel.js';
import { MaternKernel } from './matern-kernel.js';
import { RationalQuadraticKernel } from './rational-quadratic-kernel.js';

/** `k = Π_m k_m`: near only where all of its parts say so. */
export class ProductKernel extends CompositeKernel {
  static override readonly className = 'ProductKernel';
  static override readonly samples = [
    () => new ProductKernel({ kernels: [new MaternKernel({ nu: 1.5 }), new RationalQuadraticKernel({ ard: false })] }),
  ];

  /** @throws FlowConfigError for an empty list. */
  constructor(options: CompositeKernelOptions) {
    super('ProductKernel', options);
  }

  override gram(x: Tensor, points: Tensor, raw: Tensor, unit: Tensor): Tensor {
    return this.grams(x, points, raw, unit).reduce((product, gram) => tf.mul(product, gram));
  }
}
