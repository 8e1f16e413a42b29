import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Zeros outside the lower or upper triangle, on the diagonal too if `strict`; `matrices`: `[count, n, n]`. */
export function inTriangle(matrices: Tensor, lower: boolean, strict: boolean): Tensor {
  // Stock broadcasting on the wasm backend writes out of bounds where there is nothing.
  if (matrices.size === 0) return tf.clone(matrices);
  const [, n] = matrices.shape;
  const mask = new Uint8Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      const inside = lower ? column < row : column > row;
      mask[row * n + column] = Number(inside || (!strict && row === column));
    }
  }
  return tf.where(tf.tensor(mask, [1, n, n], 'bool'), matrices, tf.zerosLike(matrices));
}
