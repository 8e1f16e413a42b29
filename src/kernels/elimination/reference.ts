import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { CANCELLED_FLOAT } from './cancelled.js';

/** What elimination leaves of a batch of matrices. */
export interface Eliminated {
  /** `[count, n, n]`: `U` on and above the diagonal, multipliers elsewhere. */
  readonly packed: Tensor;
  /** `[count, n, 1]`: original index of each row, as float32. */
  readonly permutation: Tensor;
  /** `[count, n, k]`: the right-hand side, through the same steps. */
  readonly right: Tensor;
  /** `[count]`: sign of the determinant, zero for a singular matrix. */
  readonly sign: Tensor;
  /** `[count, 1, 1]`: whether a matrix holds anything that is not finite. Its other results have no meaning. */
  readonly bad: Tensor;
}

/** Whether rows above the pivot are cleared too (Gauss-Jordan) or not (LU). */
export type Kind = 'jordan' | 'lu';

/**
 * Elimination with partial pivoting of `a`, `[count, n, n]`, and a right-hand side, `[count, n, k]`, in TF.js operations.
 * Not differentiable: the operations that use it bring their gradients.
 */
export function eliminateByOps(a: Tensor, right: Tensor | null, kind: Kind): Eliminated {
  const [count, n] = a.shape;
  const [, , k] = right ? right.shape : [count, n, 0];
  const bad = notFinite(a, [1, 2]);
  const indices = tf.reshape(tf.range(0, n, 1, 'float32'), [1, n, 1]);
  const parts = [tf.where(bad, tf.zerosLike(a), a), tf.tile(indices, [count, 1, 1]), ...(right ? [right] : [])];
  let state: Tensor = tf.concat(parts, 2);
  let sign: Tensor = tf.ones([count, 1, 1]);
  for (let j = 0; j < n; j++) {
    const active = tf.lessEqual(j, indices);
    const candidates = tf.where(active, tf.abs(column(state, j)), tf.fill([1, 1, 1], -1));
    const best = tf.reshape(tf.cast(tf.argMax(candidates, 1), 'float32'), [count, 1, 1]);
    const isChosen = tf.equal(indices, best);
    const isTarget = tf.equal(indices, j);
    const pivotRow = tf.sum(tf.where(isChosen, state, tf.zerosLike(state)), 1, true);
    const otherRow = tf.slice(state, [0, j, 0], [count, 1, n + 1 + k]);
    state = tf.where(isTarget, pivotRow, tf.where(isChosen, otherRow, state));
    const pivot = column(pivotRow, j);
    const stays = tf.equal(best, j);
    sign = tf.mul(sign, tf.mul(tf.sign(pivot), tf.where(stays, tf.onesLike(pivot), tf.neg(tf.onesLike(pivot)))));

    const isZero = tf.equal(pivot, 0);
    const divisor = tf.where(isZero, tf.onesLike(pivot), pivot);
    const rows = kind === 'lu' ? tf.less(j, indices) : tf.notEqual(indices, j);
    const usable = tf.logicalAnd(rows, tf.logicalNot(isZero));
    const factors = tf.where(usable, tf.div(column(state, j), divisor), tf.zeros([1, 1, 1]));
    const rest = tf.sub(state, tf.mul(factors, pivotRow));
    const cancelled = tf.lessEqual(tf.abs(rest), tf.mul(CANCELLED_FLOAT, tf.abs(state)));
    const reduced = tf.where(cancelled, tf.zerosLike(rest), rest);
    const places = tf.reshape(tf.range(0, n + 1 + k, 1, 'float32'), [1, 1, n + 1 + k]);
    const changes = tf.logicalAnd(tf.logicalAnd(tf.less(j, places), tf.notEqual(places, n)), usable);
    const multipliers = tf.logicalAnd(tf.equal(places, j), usable);
    state = tf.where(multipliers, factors, tf.where(changes, reduced, state));
  }
  return {
    packed: tf.slice(state, [0, 0, 0], [count, n, n]),
    permutation: column(state, n),
    right: tf.slice(state, [0, 0, n + 1], [count, n, k]),
    sign: tf.reshape(sign, [count]),
    bad,
  };
}

/** The diagonal, `[count, n, 1]`. */
export function diagonalOf(matrices: Tensor): Tensor {
  const [, n] = matrices.shape;
  const onDiagonal = tf.cast(tf.reshape(tf.eye(n), [1, n, n]), 'bool');
  return tf.sum(tf.where(onDiagonal, matrices, tf.zerosLike(matrices)), 2, true);
}

/** Whether anything along the axes is not finite; the axes stay, of length 1. */
export function notFinite(x: Tensor, axes: number[]): Tensor {
  return tf.any(tf.logicalNot(tf.isFinite(x)), axes, true);
}

/** NaN where `condition` holds. */
export function poison(condition: Tensor, x: Tensor): Tensor {
  return tf.where(condition, tf.fill(condition.shape.map(() => 1), NaN), x); // prettier-ignore
}

/** `[count, rows, 1]` */
function column(state: Tensor, j: number): Tensor {
  const [count, rows] = state.shape;
  return tf.slice(state, [0, 0, j], [count, rows, 1]);
}
