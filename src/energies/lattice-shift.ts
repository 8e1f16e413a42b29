import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The next entry along an axis, in place of each; the first follows the last. */
export function nextAlong(x: Tensor, axis: number): Tensor {
  const length = x.shape[axis];
  const part = (begin: number, size: number) =>
    tf.slice(x, x.shape.map((_, i) => (i === axis ? begin : 0)), x.shape.with(axis, size)); // prettier-ignore
  return tf.concat([part(1, length - 1), part(0, 1)], axis);
}
