import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { unit } from '../numerics/unit.js';

/**
 * Rotations of space as quaternions `(w, x, y, z)` along the last axis; `q` and `-q` are the same rotation. All functions here take
 * any leading axes.
 */

/** Hamilton product, `(a, u)(b, v) = (ab - u·v, a v + b u + u × v)`: the rotation `q` followed by `p` is `p q`. */
export function quaternionProduct(p: Tensor, q: Tensor): Tensor {
  const [a, b, c, d] = entries(p);
  const [w, x, y, z] = entries(q);
  return tf.concat(
    [
      sum([a, w], [-1, b, x], [-1, c, y], [-1, d, z]),
      sum([a, x], [b, w], [c, z], [-1, d, y]),
      sum([a, y], [-1, b, z], [c, w], [d, x]),
      sum([a, z], [b, y], [-1, c, x], [d, w]),
    ],
    -1,
  );
}

/** `(w, -x, -y, -z)`: of a unit quaternion the inverse. */
export function quaternionConjugate(q: Tensor): Tensor {
  return tf.mul(q, [1, -1, -1, -1]);
}

/**
 * `R` with `R v` the vector `v` turned, `[..., 4]` → `[..., 9]`, row by row. Of a quaternion that is not of length 1 it is
 * `|q|²` times a rotation.
 */
export function rotationMatrix(q: Tensor): Tensor {
  const [w, x, y, z] = entries(q);
  return tf.concat(
    [
      sum([w, w], [x, x], [-1, y, y], [-1, z, z]), sum([2, x, y], [-2, z, w]), sum([2, x, z], [2, y, w]),
      sum([2, x, y], [2, z, w]), sum([w, w], [-1, x, x], [y, y], [-1, z, z]), sum([2, y, z], [-2, x, w]),
      sum([2, x, z], [-2, y, w]), sum([2, y, z], [2, x, w]), sum([w, w], [-1, x, x], [-1, y, y], [z, z]),
    ],
    -1,
  ); // prettier-ignore
}

/**
 * One of the two unit quaternions of a rotation matrix, `[..., 9]` → `[..., 4]`. Of the four ways to take it from the
 * entries the one without cancellation is used: that whose component is largest, which comes out positive.
 */
export function quaternionOf(matrix: Tensor): Tensor {
  const [a, b, c, d, e, f, g, h, i] = tf.split(matrix, 9, -1);
  const one = tf.onesLike(a);
  // Row k is 4 qₖ q.
  const rows = [
    [total(one, a, e, i), tf.sub(h, f), tf.sub(c, g), tf.sub(d, b)],
    [tf.sub(h, f), total(one, a, tf.neg(e), tf.neg(i)), tf.add(b, d), tf.add(c, g)],
    [tf.sub(c, g), tf.add(b, d), total(one, tf.neg(a), e, tf.neg(i)), tf.add(f, h)],
    [tf.sub(d, b), tf.add(c, g), tf.add(f, h), total(one, tf.neg(a), tf.neg(e), i)],
  ];
  const squares = tf.concat(rows.map((row, k) => row[k]), -1); // prettier-ignore
  const largest = tf.oneHot(tf.argMax(squares, -1), 4);
  const stacked = tf.stack(rows.map((row) => tf.concat(row, -1)), -2); // prettier-ignore
  return unit(tf.sum(tf.mul(stacked, tf.expandDims(largest, -1)), -2));
}

/** A vector turned, `R v`: `[..., 4]` and `[..., 3]` → `[..., 3]`. */
export function rotate(q: Tensor, v: Tensor): Tensor {
  const rows = tf.split(rotationMatrix(q), 3, -1);
  return tf.concat(rows.map((row) => tf.sum(tf.mul(row, v), -1, true)), -1); // prettier-ignore
}

/** `[..., 4]` → four of `[..., 1]`. */
function entries(q: Tensor): Tensor[] {
  return tf.split(q, 4, -1);
}

function total(...terms: Tensor[]): Tensor {
  return terms.reduce((result, term) => tf.add(result, term));
}

/** Sum of products, each with a factor if it is not 1. */
function sum(...terms: ([Tensor, Tensor] | [number, Tensor, Tensor])[]): Tensor {
  return total(
    ...terms.map((term) => (term.length === 2 ? tf.mul(...term) : tf.mul(tf.mul(term[1], term[2]), term[0]))),
  );
}
