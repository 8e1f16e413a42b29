import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, KernelConfig, Tensor } from '@tensorflow/tfjs-core';

interface GatherAttributes {
  readonly axis: number;
  readonly batchDims: number;
}

/**
 * A gather as one of rows: `x` is a table `[batch · outer · length, slice]`, `rows` says which of them are taken, counted
 * through all batches.
 */
function asRows(x: Tensor, indices: Tensor, { axis, batchDims }: GatherAttributes) {
  const [along] = tf.util.parseAxisParam(axis, x.shape);
  const sizes = tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, along, batchDims);
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } = sizes;
  const tables = batchSize * outerSize;
  const begins = tf.tensor(
    Int32Array.from({ length: tables }, (_, table) => table * dimSize),
    [batchSize, outerSize, 1],
  );
  const rows = tf.add(begins, tf.reshape(indices, [batchSize, 1, indices.size / Math.max(1, batchSize)]));
  return { rows: tf.reshape(rows, [-1]), tableShape: [tables * dimSize, sliceSize], dimSize, outputShape };
}

/**
 * `gather` with batch axes, as a gather without.
 *
 * @param stock the backend's kernel, which is right without batch axes only
 */
export function batchedGather(stock: KernelConfig): KernelConfig {
  return {
    ...stock,
    kernelFunc: (call) => {
      const { x, indices } = call.inputs as Record<string, Tensor>;
      const attributes = call.attrs as unknown as GatherAttributes;
      if (!attributes.batchDims || x.size === 0 || indices.size === 0) return stock.kernelFunc(call);
      return tf.tidy((): Tensor => {
        const { rows, tableShape, dimSize, outputShape } = asRows(x, indices, attributes);
        for (const index of indices.dataSync()) {
          if (index < 0 || index >= dimSize)
            throw new Error(`GatherV2: the index ${index} is not in [0, ${dimSize - 1}].`);
        }
        return tf.reshape(tf.gather(tf.reshape(x, tableShape), rows), outputShape);
      });
    },
  };
}

/**
 * The gradient of `gather`: rows that were taken several times get the sum. TF.js's own takes one batch axis at most, and
 * for that one calls methods of tensors that its core alone does not have.
 */
export const gatherGradient: GradConfig = {
  kernelName: tf.GatherV2,
  inputsToSave: ['x', 'indices'],
  gradFunc: (dy, [x, indices], attributes) => ({
    x: () => {
      const { rows, tableShape } = asRows(x, indices, attributes as unknown as GatherAttributes);
      const upstream = tf.reshape(dy as Tensor, [rows.size, tableShape[1]]);
      return tf.reshape(tf.unsortedSegmentSum(upstream, rows as tf.Tensor1D, tableShape[0]), x.shape);
    },
    indices: () => tf.zeros(indices.shape),
  }),
};
