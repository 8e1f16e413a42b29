import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Triangle } from '../triangular-inverse/op.js';

/** Number of entries strictly below (or above) the diagonal of an `n` by `n` matrix. */
export function strictTriangleSize(n: number): number {
  return (n * (n - 1)) / 2;
}

/**
 * A matrix `[n, n]` whose strict triangle holds the entries of `packed` row by row; everything else is zero.
 * Its adjoint reads the same entries back, so both directions are a single gather.
 */
export function unpackStrictTriangle(packed: Tensor, n: number, triangle: Triangle): Tensor {
  const zero = strictTriangleSize(n);
  const positions = new Int32Array(n * n).fill(zero);
  placesOf(n, triangle).forEach((place, entry) => (positions[place] = entry));
  return tf.customGrad((input) => ({
    value: tf.reshape(tf.gather(tf.concat([input as Tensor, tf.zeros([1])]), tf.tensor1d(positions, 'int32')), [n, n]),
    gradFunc: (upstream) => [packStrictTriangle(upstream as Tensor, n, triangle)],
  }))(packed);
}

/** The entries of the strict triangle of `matrix`, `[n, n]`, row by row: the inverse of {@link unpackStrictTriangle}. */
export function packStrictTriangle(matrix: Tensor, n: number, triangle: Triangle): Tensor {
  return tf.customGrad((input) => ({
    value: tf.gather(tf.reshape(input as Tensor, [n * n]), tf.tensor1d(placesOf(n, triangle), 'int32')),
    gradFunc: (upstream) => [unpackStrictTriangle(upstream as Tensor, n, triangle)],
  }))(matrix);
}

/** Flat index in the matrix of each packed entry. */
function placesOf(n: number, triangle: Triangle): number[] {
  const places: number[] = [];
  for (let row = 0; row < n; row++) {
    const [from, to] = triangle === 'lower' ? [0, row] : [row + 1, n];
    for (let column = from; column < to; column++) places.push(row * n + column);
  }
  return places;
}
