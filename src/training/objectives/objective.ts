import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import type { RandomStream } from '../../random.js';
import type { Shape } from '../../shapes.js';
import type { BatchTensors } from '../data/table.js';
import type { Diagnosis } from '../diagnosis.js';
import type { RowSource } from '../sources/row-source.js';

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
   * by the caller. `context` is that of the rows, if they have any.
   */
  readonly noise?: (model: Distribution, rows: number, stream: RandomStream, context: Tensor | null) => Tensor | null;
  /**
   * The distribution that rows are events of. Default: the model; the base of a flow, for an objective that takes what the flow
   * makes of its base.
   */
  readonly rows?: (model: Distribution) => Distribution;
  /** Makes rows to train on, so that `fit` needs no data. Default: nothing, and it does. */
  readonly source?: (model: Distribution) => RowSource;
  /** What validation goes by where there are no data. Default: the objective itself. */
  readonly judge?: Objective;
  /**
   * Log-weights `log p(x) - log q(x)`, `[rows]`, of the draws that the model makes of a batch, for the target that it is
   * trained on, with nothing cut off. Validation then reports their effective sample size. Default: nothing.
   */
  readonly logWeights?: (model: Distribution, batch: BatchTensors, stream: RandomStream) => Tensor;
  /** What validation makes of all log-weights, the smaller the better. Default: the mean of the objective. */
  readonly score?: (logWeights: Float64Array) => number;
  /** Finds rows to blame for a value that is not finite, where they are not to be found in the layers of the model. */
  readonly examine?: (model: Distribution, batch: BatchTensors, stream: RandomStream) => Promise<Diagnosis | null>;
}
