import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Entries `indices` of the last axis of `x`, each taken at most once.
 *
 * TF.js differentiates `gather` by a scatter that the wasm backend lacks. For distinct indices the adjoint is itself a
 * selection - each input entry receives the gradient of its one copy, or zero - so both directions run everywhere, to
 * any order of differentiation.
 */
export function takeColumns(x: Tensor, indices: readonly number[]): Tensor {
  const axis = x.rank - 1;
  const width = x.shape[axis];
  if (indices.length === width && indices.every((index, i) => index === i)) return x;
  const first = indices[0] ?? 0;
  if (indices.length < width && indices.every((index, i) => index === first + i)) {
    const begin = x.shape.map((_, a) => (a === axis ? first : 0));
    return tf.slice(x, begin, [...x.shape.slice(0, axis), indices.length]);
  }
  return tf.customGrad((input) => ({
    value: gatherLast(input as Tensor, indices),
    gradFunc: (upstream) => [spreadColumns(upstream, indices, width)],
  }))(x);
}

/** The adjoint of {@link takeColumns}: column `i` goes to `indices[i]` of `width` columns, all others are zero. */
export function spreadColumns(x: Tensor, indices: readonly number[], width: number): Tensor {
  const positions = Array<number>(width).fill(-1);
  indices.forEach((column, i) => (positions[column] = i));
  if (indices.length === width) return takeColumns(x, positions);
  const source = indices.length;
  return tf.customGrad((input) => ({
    value: gatherLast(
      tf.concat([input as Tensor, tf.zeros([...x.shape.slice(0, -1), 1])], x.rank - 1),
      positions.map((position) => (position < 0 ? source : position)),
    ),
    gradFunc: (upstream) => [takeColumns(upstream, indices)],
  }))(x);
}

function gatherLast(x: Tensor, indices: readonly number[]): Tensor {
  return tf.gather(x, tf.tensor1d([...indices], 'int32'), x.rank - 1);
}
