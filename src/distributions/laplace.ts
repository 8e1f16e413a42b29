import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../random.js';
import { LocationScale, type LocationScaleOptions } from './location-scale.js';
import { sumOverEvent } from './sum-over-event.js';

/** Options of {@link Laplace}. */
export type LaplaceOptions = LocationScaleOptions;

/** Independent Laplace coordinates: `log p(x) = -Σ |x - loc| / scale - Σ log 2 scale`. */
export class Laplace extends LocationScale {
  static override readonly className = 'Laplace';
  static override readonly samples = [
    () => new Laplace({ eventShape: [1] }),
    () => new Laplace({ loc: [0.3, -0.2], scale: [0.8, 1.5], learnable: true }),
  ];

  /** @throws FlowConfigError for a bad shape, lists of another length, or a scale that is not positive. */
  constructor(options: LaplaceOptions) {
    super(options);
  }

  protected override standardLogProb(u: Tensor): Tensor {
    return tf.sub(-this.dims * Math.LN2, sumOverEvent(tf.abs(u)));
  }

  /** An exponential number with a random sign. */
  protected override standardDraws(n: number, stream: RandomStream): Float32Array {
    return Float32Array.from({ length: n * this.dims }, () => {
      const magnitude = -Math.log(1 - stream.next());
      return stream.next() < 0.5 ? -magnitude : magnitude;
    });
  }
}
