import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig, Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../shapes.js';

/**
 * `gather` with batch axes, as a gather without: the rows of all batches are counted through, and every batch's indices
 * shifted to its own rows.
 *
 * @param stock the backend's kernel, which is right without batch axes only
 */
export function batchedGather(stock: KernelConfig): KernelConfig {
  return {
    ...stock,
    kernelFunc: (call) => {
      const { x, indices } = call.inputs as Record<string, Tensor>;
      const { axis, batchDims } = call.attrs as { axis: number; batchDims: number };
      if (!batchDims || sizeOf(x.shape) === 0 || sizeOf(indices.shape) === 0) return stock.kernelFunc(call);
      return tf.tidy((): Tensor => {
        const [along] = tf.util.parseAxisParam(axis, x.shape);
        const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
          tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, along, batchDims);
        const wanted = indices.dataSync();
        const each = wanted.length / batchSize;
        const rows = new Int32Array(batchSize * outerSize * each);
        for (let row = 0; row < batchSize * outerSize; row++) {
          const batch = Math.floor(row / outerSize);
          for (let i = 0; i < each; i++) {
            const index = wanted[batch * each + i];
            if (index < 0 || index >= dimSize)
              throw new Error(`GatherV2: the index ${index} is not in [0, ${dimSize - 1}].`);
            rows[row * each + i] = row * dimSize + index;
          }
        }
        const table = tf.reshape(x, [batchSize * outerSize * dimSize, sliceSize]);
        return tf.reshape(tf.gather(table, tf.tensor1d(rows, 'int32')), outputShape);
      });
    },
  };
}
