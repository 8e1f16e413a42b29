import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Entries `indices` of the last axis of `x`, each taken at most once. */
export function takeColumns(x: Tensor, indices: readonly number[]): Tensor {
  return takeAlong(x, indices, x.rank - 1);
}

/** The adjoint of {@link takeColumns}: column `i` goes to `indices[i]` of `width` columns, all others are zero. */
export function spreadColumns(x: Tensor, indices: readonly number[], width: number): Tensor {
  return spreadAlong(x, indices, width, x.rank - 1);
}

/**
 * Entries `indices` of one axis of `x`, each taken at most once. Neighbours in ascending order are a slice.
 *
 * TF.js differentiates `gather` by a scatter that the wasm backend lacks. For distinct indices the adjoint is itself a
 * selection - each input entry receives the gradient of its one copy, or zero - so both directions run everywhere, to
 * any order of differentiation.
 */
export function takeAlong(x: Tensor, indices: readonly number[], axis: number): Tensor {
  const width = x.shape[axis];
  if (indices.length === width && indices.every((index, i) => index === i)) return x;
  const first = indices[0] ?? 0;
  if (indices.length < width && indices.every((index, i) => index === first + i)) {
    const begin = x.shape.map((_, a) => (a === axis ? first : 0));
    return tf.slice(x, begin, x.shape.with(axis, indices.length));
  }
  return tf.customGrad((input) => ({
    value: gatherAlong(input as Tensor, indices, axis),
    gradFunc: (upstream) => [spreadAlong(upstream, indices, width, axis)],
  }))(x);
}

function spreadAlong(x: Tensor, indices: readonly number[], width: number, axis: number): Tensor {
  const positions = Array<number>(width).fill(-1);
  indices.forEach((entry, i) => (positions[entry] = i));
  if (indices.length === width) return takeAlong(x, positions, axis);
  const source = indices.length;
  return tf.customGrad((input) => ({
    value: gatherAlong(
      tf.concat([input as Tensor, tf.zeros(x.shape.with(axis, 1))], axis),
      positions.map((position) => (position < 0 ? source : position)),
      axis,
    ),
    gradFunc: (upstream) => [takeAlong(upstream, indices, axis)],
  }))(x);
}

function gatherAlong(x: Tensor, indices: readonly number[], axis: number): Tensor {
  return tf.gather(x, tf.tensor1d([...indices], 'int32'), axis);
}
