import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../../kernels/stop-gradient/op.js';

/**
 * The permutations that sort rows: `[rows, d]` → `[rows, d · d]` of zeros and ones, with a one at `r d + i` where entry `i`
 * has rank `r`. Equal entries keep their order. No gradient.
 *
 * By counting, for each entry, those that go before it: products with constants, comparisons and sums alone, in `d²` numbers
 * a row, so that training steps can be planned.
 */
export function sortingMatrices(x: Tensor): Tensor {
  return withoutGradient([x], (values) => {
    const [rows, d] = values.shape as [number, number];
    const mine = spread(values, (row) => row);
    const others = spread(values, (_, column) => column);
    const earlier = table(d, (row, column) => column < row);
    const tied = tf.mul(tf.cast(tf.equal(others, mine), 'float32'), earlier);
    const before = tf.add(tf.cast(tf.less(others, mine), 'float32'), tied);
    const ranks = tf.sum(tf.reshape(before, [rows, d, d]), 2);
    const places = table(d, (row) => row);
    return tf.cast(tf.equal(spread(ranks, (_, column) => column), places), 'float32'); // prettier-ignore
  });
}

/** Numbers `[rows, d]` in the order of {@link sortingMatrices}. */
export function reorder(matrices: Tensor, x: Tensor): Tensor {
  const [rows, d] = x.shape as [number, number];
  const each = tf.mul(matrices, spread(x, (_, column) => column)); // prettier-ignore
  return tf.sum(tf.reshape(each, [rows, d, d]), 2);
}

/** Where the largest entry along the last axis stands, the first of equals: `[..., d]` of zeros and a one. No gradient. */
export function largestMask(x: Tensor): Tensor {
  return withoutGradient([x], (values) => {
    const atTop = tf.cast(tf.greaterEqual(values, tf.max(values, -1, true)), 'float32');
    const first = tf.less(runningSum(atTop), 1.5);
    return tf.mul(atTop, tf.cast(first, 'float32'));
  });
}

/** Sums of the entries up to each one, itself included, along the last axis. */
export function runningSum(x: Tensor): Tensor {
  const d = x.shape.at(-1)!;
  const upTo = tf.reshape(table(d, (row, column) => row <= column), [d, d]); // prettier-ignore
  return tf.reshape(tf.matMul(tf.reshape(x, [-1, d]) as tf.Tensor2D, upTo as tf.Tensor2D), x.shape);
}

/** Rows `[rows, d]` as `[rows, d · d]`, entry `which(row, column)` of each at `row d + column`. */
function spread(x: Tensor, which: (row: number, column: number) => number): Tensor {
  const d = x.shape[1]!;
  const copies = Array.from({ length: d }, (_, i) => table(d, (row, column) => which(row, column) === i));
  return tf.matMul(x as tf.Tensor2D, tf.stack(copies) as tf.Tensor2D);
}

/** Numbers or truth values of a square table, row by row, `[d · d]`. */
function table(d: number, entry: (row: number, column: number) => number | boolean): Tensor {
  return tf.tensor1d(Array.from({ length: d * d }, (_, at) => Number(entry(Math.floor(at / d), at % d))), 'float32'); // prettier-ignore
}
