import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../../kernels/stop-gradient/op.js';

/**
 * The permutation that sorts each row: `[..., d]` → `[..., d, d]` of zeros and ones, with a one at `(r, i)` where entry `i`
 * has rank `r`. Equal entries keep their order. No gradient.
 *
 * By counting, for each entry, those that go before it: comparisons and sums alone, in `d²` numbers a row.
 */
export function sortingMatrix(x: Tensor): Tensor {
  return withoutGradient([x], (values) => {
    const d = values.shape.at(-1)!;
    const [mine, others] = [tf.expandDims(values, -1), tf.expandDims(values, -2)];
    const earlier = tf.tensor2d(Array.from({ length: d * d }, (_, at) => (at % d < Math.floor(at / d) ? 1 : 0)), [d, d]); // prettier-ignore
    const tied = tf.mul(tf.cast(tf.equal(others, mine), 'float32'), earlier);
    const ranks = tf.sum(tf.add(tf.cast(tf.less(others, mine), 'float32'), tied), -1);
    const places = tf.reshape(tf.range(0, d, 1, 'float32'), [d, 1]);
    return tf.cast(tf.equal(tf.expandDims(ranks, -2), places), 'float32');
  });
}

/** Where the largest entry along the last axis stands, the first of equals: `[..., d]` of zeros and a one. No gradient. */
export function largestMask(x: Tensor): Tensor {
  return withoutGradient([x], (values) => {
    const d = values.shape.at(-1)!;
    const atTop = tf.cast(tf.greaterEqual(values, tf.max(values, -1, true)), 'float32');
    const first = tf.less(tf.sub(runningSum(atTop, d), 0.5), 1);
    return tf.mul(atTop, tf.cast(first, 'float32'));
  });
}

/** Sums of the entries up to each one, itself included, along the last axis of length `d`. */
export function runningSum(x: Tensor, d: number): Tensor {
  const upTo = tf.tensor2d(
    Array.from({ length: d * d }, (_, at) => (Math.floor(at / d) <= at % d ? 1 : 0)),
    [d, d],
  );
  return tf.reshape(tf.matMul(tf.reshape(x, [-1, d]) as tf.Tensor2D, upTo), x.shape);
}
