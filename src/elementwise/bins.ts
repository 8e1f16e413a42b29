import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../kernels/stop-gradient/op.js';

/** In which of a row of adjoining bins each point lies, as constant masks of zeros and ones. */
export interface BinSelection {
  /** The bins passed, `[n, bins]`. */
  readonly before: Tensor;
  /** The bin reached, `[n, bins]`; the first or last one for points outside of all. */
  readonly reached: Tensor;
}

/**
 * Finds the bin of each point. A point on a knot belongs to the bin that starts there.
 *
 * @param at distance of each point from the first knot, `[n]`
 * @param sizes lengths of the bins, `[n, bins]`
 */
export function selectBin(at: Tensor, sizes: Tensor): BinSelection {
  const bins = sizes.shape[1]!;
  const before = withoutGradient([at, sizes], (position, lengths) => {
    // One product with constants sums the lengths up to each right edge; the last edge is never passed.
    const edges = tf.matMul(lengths, triangle(bins));
    const passed = tf.cast(tf.greaterEqual(tf.expandDims(position, 1), edges), 'float32');
    return tf.mul(passed, tf.tensor1d(Array.from({ length: bins }, (_, k) => (k < bins - 1 ? 1 : 0))));
  });
  const reached = withoutGradient([before], (passed) => {
    const first = tf.ones([passed.shape[0], 1]);
    return tf.sub(tf.concat([first, tf.slice(passed, [0, 0], [-1, bins - 1])], 1), passed);
  });
  return { before, reached };
}

/** Sum of the entries of `table` that the mask selects, `[n]`. */
export function pick(table: Tensor, mask: Tensor): Tensor {
  return tf.sum(tf.mul(table, mask), 1);
}

/** Values of `table`, `[n, bins + 1]`, at the left and right knot of the bin reached, `[n]` each. */
export function pickEnds(table: Tensor, { reached }: BinSelection): [left: Tensor, right: Tensor] {
  return [pick(table, tf.pad(reached, [[0, 0], [0, 1]])), pick(table, tf.pad(reached, [[0, 0], [1, 0]]))]; // prettier-ignore
}

/** Bin sizes `[n, bins]` that sum to 1: `minimum + (1 - bins · minimum) softmax(raw)`. */
export function binSizes(raw: Tensor, minimum: number): Tensor {
  const bins = raw.shape[1]!;
  return tf.add(tf.mul(tf.softmax(raw), 1 - bins * minimum), minimum);
}

/** The lesser of each pair, differentiable to any order. */
export function lesser(a: Tensor, b: Tensor): Tensor {
  return tf.where(withoutGradient([a, b], tf.lessEqual), a, b);
}

function triangle(size: number): Tensor {
  const ones = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, k) => (i <= k ? 1 : 0)));
  return tf.tensor2d(ones.flat(), [size, size]);
}
