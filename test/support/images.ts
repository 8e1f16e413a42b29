import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Bijector } from '../../src/index.js';
import { sizeOf } from '../../src/shapes.js';
import { logAbsDet } from '../contract/numerics.js';

/** Images of the reference values, which put channels first, with channels last. */
export function channelsLast(values: unknown): Tensor {
  return tf.transpose(tf.tensor(values as number[]), [0, 2, 3, 1]);
}

/** `log |det J|` of the density direction at one event, from the dense Jacobian by one product a coordinate. */
export function denseLogDet(bijector: Bijector, event: Tensor, context: Tensor | null = null): number {
  const size = sizeOf(bijector.eventShapeIn);
  const rows = Array.from({ length: size }, (_, i) =>
    tf.tidy(() => {
      const select = tf.reshape(tf.oneHot(tf.scalar(i, 'int32'), size), [...bijector.eventShapeIn]);
      const entry = (x: Tensor) => tf.sum(tf.mul(bijector.inverse(x, context), tf.cast(select, 'float32')));
      return tf.grad(entry)(event).dataSync<'float32'>();
    }),
  );
  return logAbsDet(rows);
}

/** The matrix of an affine map of images in the density direction, column by column: images of unit vectors, less that of zero. */
export function matrixColumns(bijector: Bijector): number[][] {
  const shape = [...bijector.eventShapeOut];
  const size = sizeOf(shape);
  return tf.tidy(() => {
    const apply = (x: Tensor) => tf.reshape(bijector.inverse(x), [-1, size]);
    const columns = tf.sub(apply(tf.reshape(tf.eye(size), [size, ...shape])), apply(tf.zeros([1, ...shape])));
    return columns.arraySync() as number[][];
  });
}
