import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../random.js';

/**
 * Says how noise and data are paired in a batch. Data stay where they are, so that contexts stay with them.
 *
 * @param noise `[batch, dims]`, independent draws
 * @param data `[batch, dims]`
 * @returns for each row of the data the row of the noise that goes with it, or null to leave both as they are
 */
export type BatchCoupling = (noise: Tensor, data: Tensor, stream: RandomStream) => Int32Array | null;
