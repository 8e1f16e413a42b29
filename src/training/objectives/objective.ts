import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import type { RandomStream } from '../../random.js';
import type { Shape } from '../../shapes.js';
import type { BatchTensors } from '../data/table.js';

/**
 * What training makes small: a scalar, the mean over the rows of a batch.
 *
 * @param stream random numbers of this step alone, for objectives that draw
 */
export interface Objective {
  (model: Distribution, batch: BatchTensors, stream: RandomStream): Tensor;
  /**
   * States that the result is a mean over rows of something that depends on one row, its context, target and noise, and the
   * weights alone - on nothing else that changes from step to step. Steps are then planned: written down once, cut into
   * lanes for several threads, and repeated without TF.js in between. Default: false.
   */
  readonly rowwise?: boolean;
  /**
   * Shape of what the objective compares each row with, beside the model: forces, energies. The data then come as
   * `{ x, targets }`, and the objective finds `batch.targets`. Default: nothing.
   */
  readonly targetShape?: (model: Distribution) => Shape;
  /**
   * Draws the random numbers that the objective needs for each row, `[rows, ...]`, and is given back as `batch.noise`. Being
   * drawn before the step, they do not keep it from being planned. Null for a model that needs none. The tensor is freed
   * by the caller.
   */
  readonly noise?: (model: Distribution, rows: number, stream: RandomStream) => Tensor | null;
}
