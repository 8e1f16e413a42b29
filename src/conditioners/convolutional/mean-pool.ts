import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Means over blocks of `factor` x `factor` pixels, `[batch, height, width, channels]`; both sides are multiples of it. */
export function meanPool(image: Tensor, factor: number): Tensor {
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  const [rows, columns] = [height / factor, width / factor];
  // First pixels side by side, then lines one above the other.
  const narrow = meanOfNeighbours(image, batch * height * columns, channels, factor);
  const small = meanOfNeighbours(narrow, batch * rows, columns * channels, factor);
  return tf.reshape(small, [batch, rows, columns, channels]);
}

/** Mean of `factor` consecutive stretches of `length` numbers, `[count, length]`. */
function meanOfNeighbours(x: Tensor, count: number, length: number, factor: number): Tensor {
  const stretches = tf.reshape(x, [count, factor * length]);
  const parts = Array.from({ length: factor }, (_, k) => tf.slice(stretches, [0, k * length], [count, length]));
  return tf.div(
    parts.reduce((sum, part) => tf.add(sum, part)),
    factor,
  );
}
