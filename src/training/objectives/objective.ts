import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import type { RandomStream } from '../../random.js';
import type { BatchTensors } from '../data/table.js';

/**
 * What training makes small: a scalar, the mean over the rows of a batch.
 *
 * @param stream random numbers of this step alone, for objectives that draw
 */
export type Objective = (model: Distribution, batch: BatchTensors, stream: RandomStream) => Tensor;
