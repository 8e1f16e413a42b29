import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../random.js';
import type { Shape } from '../shapes.js';
import { LocationScale, type LocationScaleOptions } from './location-scale.js';
import { standardNormalLogProb } from './standard-normal.js';

/** Options of {@link Normal}. */
export type NormalOptions = LocationScaleOptions;

/**
 * Independent normal coordinates:
 * `log p(x) = -½ Σ ((x - loc) / scale)² - Σ log scale - ½ D log 2π`, with `D` coordinates.
 *
 * @example
 * const base = Normal.standard([2]);
 * const prior = new Normal({ loc: [0, 5], scale: 2, learnable: true });
 */
export class Normal extends LocationScale {
  static override readonly className = 'Normal';
  static override readonly samples = [
    () => Normal.standard([2]),
    () => new Normal({ eventShape: [1], loc: -0.4, scale: 1.6, learnable: true }),
    () => new Normal({ eventShape: [2, 2], loc: [0.5, -1, 0, 2], scale: [0.3, 1, 2, 0.7], learnable: true }),
  ];

  /** Mean 0 and deviation 1 in every coordinate; nothing to train. */
  static standard(eventShape: Shape): Normal {
    return new Normal({ eventShape });
  }

  /** @throws FlowConfigError for a bad shape, lists of another length, or a scale that is not positive. */
  constructor(options: NormalOptions) {
    super(options);
  }

  protected override standardLogProb(u: Tensor): Tensor {
    return standardNormalLogProb(u);
  }

  protected override standardDraws(n: number, stream: RandomStream): Float32Array {
    return stream.normal(n * this.dims);
  }
}
