import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../errors.js';
import { formatShape, sizeOf } from '../shapes.js';
import { squareMatrices } from './matrices.js';

/**
 * The half-vectorisation of square matrices: their entries on and below the diagonal, row by row. What is above is not read, so
 * that it loses nothing of symmetric or lower triangular matrices. Differentiable to any order.
 *
 * @param a `[...batch, n, n]`
 * @returns `[...batch, n (n + 1) / 2]`
 * @throws FlowShapeError when `a` is not made of square matrices.
 * @throws FlowConfigError when `a` is not float32.
 */
export function vech(a: Tensor): Tensor {
  return tf.tidy(() => {
    const { flat, n, batchShape } = squareMatrices(a, 'vech');
    const places = placesOf(n);
    return tf.reshape(pick(tf.reshape(flat, [-1, n * n]), places), [...batchShape, places.length]);
  });
}

/**
 * The lower triangular matrices with these entries, row by row, and zeros above: what undoes {@link vech} of such. With
 * `symmetric`, the entries are repeated above the diagonal. Differentiable to any order.
 *
 * @param v `[...batch, n (n + 1) / 2]`
 * @returns `[...batch, n, n]`
 * @throws FlowShapeError when the last axis has no such length.
 */
export function unvech(v: Tensor, { symmetric = false }: { readonly symmetric?: boolean } = {}): Tensor {
  const length = v.shape.at(-1) ?? 0;
  const n = Math.round((Math.sqrt(8 * length + 1) - 1) / 2);
  if (v.rank === 0 || n === 0 || (n * (n + 1)) / 2 !== length) {
    throw new FlowShapeError('unvech', {
      expected: '`v`: half-vectorisations, [..., n (n + 1) / 2]',
      got: formatShape(v.shape),
    });
  }
  return tf.tidy(() => {
    const batchShape = v.shape.slice(0, -1);
    const places = placesOf(n);
    const flat = place(tf.reshape(v, [sizeOf(batchShape), length]), places, n * n);
    const lower = tf.reshape(flat, [-1, n, n]);
    if (!symmetric) return tf.reshape(lower, [...batchShape, n, n]);
    const both = tf.add(lower, tf.transpose(lower, [0, 2, 1]));
    return tf.reshape(tf.mul(both, tf.sub(1, tf.mul(tf.eye(n), 0.5))), [...batchShape, n, n]);
  });
}

/** Flat index in the matrix of each entry. */
function placesOf(n: number): number[] {
  return Array.from({ length: n }, (_, row) =>
    Array.from({ length: row + 1 }, (__, column) => row * n + column),
  ).flat();
}

/** Columns of `flat`, `[rows, size]`; the adjoint of {@link place}. */
function pick(flat: Tensor, places: readonly number[]): Tensor {
  const size = flat.shape[1]!;
  return tf.customGrad((input) => ({
    value: tf.gather(input as Tensor, tf.tensor1d([...places], 'int32'), 1),
    gradFunc: (upstream) => [place(upstream as Tensor, places, size)],
  }))(flat);
}

/** Rows of `size` numbers with those of `values`, `[rows, count]`, at some places and zeros elsewhere. */
function place(values: Tensor, places: readonly number[], size: number): Tensor {
  const sources = Array<number>(size).fill(places.length);
  places.forEach((at, entry) => (sources[at] = entry));
  return tf.customGrad((input) => {
    const padded = tf.pad(input as Tensor, [[0, 0], [0, 1]]); // prettier-ignore
    return {
      value: tf.gather(padded, tf.tensor1d(sources, 'int32'), 1),
      gradFunc: (upstream) => [pick(upstream as Tensor, places)],
    };
  })(values);
}
