import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { clamp } from '../kernels/clamp/op.js';
import { withSlope } from '../numerics/with-slope.js';

/** Two points, by number. */
export type Pair = readonly [number, number];

/** All `n (n - 1) / 2` pairs of `n` points. */
export function allPairs(n: number): Pair[] {
  return Array.from({ length: n }, (_, i) => Array.from({ length: n - 1 - i }, (_, k): Pair => [i, i + 1 + k])).flat();
}

/**
 * The matrix that takes differences, `[points, pairs]`: 1 at the first point of a pair, -1 at the second. A product with it
 * has a product for its gradient, to any order, where `gather` has a scatter that the wasm backend lacks.
 */
export function incidence(points: number, pairs: readonly Pair[]): Tensor {
  const values = new Float32Array(points * pairs.length);
  pairs.forEach(([i, j], p) => {
    values[i * pairs.length + p] += 1;
    values[j * pairs.length + p] -= 1;
  });
  return tf.tensor(values, [points, pairs.length]);
}

/** `|x_i - x_j|²` of pairs, `[rows, pairs]`, of `[rows, points, dims]`. */
export function squaredDistances(x: Tensor, matrix: Tensor): Tensor {
  const [rows, points, dims] = x.shape as [number, number, number];
  const columns = tf.reshape(tf.transpose(x, [0, 2, 1]), [rows * dims, points]);
  return tf.sum(tf.square(tf.reshape(tf.matMul(columns, matrix), [rows, dims, -1])), 1);
}

/** A function of the squared distance and its derivative with respect to that, entry by entry. */
export interface PairFunction {
  readonly value: (squares: Tensor) => Tensor;
  readonly slope: (squares: Tensor) => Tensor;
}

/**
 * `f(s)` of squared distances; where these are below `core²`, the tangent of `f` there in its place. Points on top of each
 * other then have an energy and push each other apart, both finite in float32; the slope is continuous.
 */
export function softCore(squares: Tensor, core: number, { value, slope }: PairFunction): Tensor {
  const edge = core * core;
  const outside = (s: Tensor) => (core > 0 ? clamp(s, edge, 3e38) : s);
  return withSlope(
    squares,
    (s) => {
      if (core === 0) return value(s);
      const cut = outside(s);
      return tf.add(value(cut), tf.mul(slope(cut), tf.sub(s, cut)));
    },
    (s) => slope(outside(s)),
  );
}
