import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Zeros outside the lower or upper triangle, on the diagonal too if `strict`; NaN stays. `matrices`: `[count, n, n]`. */
export function inTriangle(matrices: Tensor, lower: boolean, strict: boolean): Tensor {
  // Stock kernels of the wasm backend are not to be trusted with nothing.
  if (matrices.size === 0) return tf.clone(matrices);
  const [, n] = matrices.shape;
  return tf.mul(matrices, triangleMask(n, lower, strict));
}

/** Ones in the triangle, `[n, n]`. */
export function triangleMask(n: number, lower: boolean, strict: boolean): Tensor {
  const mask = new Float32Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      const inside = lower ? column < row : column > row;
      mask[row * n + column] = Number(inside || (!strict && row === column));
    }
  }
  return tf.tensor2d(mask, [n, n]);
}
