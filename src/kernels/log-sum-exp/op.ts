import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../stop-gradient/op.js';

/**
 * `log Σ exp x` over the last axis, which stays with length 1. Differentiable to any order, where the stock operation
 * throws at the second.
 *
 * Terms of `-Infinity` count as zeros. Where all terms are (no support anywhere), the value is `-Infinity` and the
 * gradient zero, neither of them NaN.
 */
export function logSumExp(x: Tensor): Tensor {
  const largest = withoutGradient([x], (v) => tf.maximum(tf.max(v, -1, true), -3e38));
  const sum = tf.sum(tf.exp(tf.sub(x, largest)), -1, true);
  const empty = withoutGradient([sum], (v) => tf.equal(v, 0));
  const shift = withoutGradient([], () => tf.where(empty, tf.fill(sum.shape, -Infinity), largest));
  return tf.add(tf.log(tf.where(empty, tf.onesLike(sum), sum)), shift);
}

/**
 * `log softmax x` over the last axis. Differentiable to any order, where the stock operation silently drops part of the
 * second derivative. Differences keep their digits when all of `x` is far from zero.
 */
export function logSoftmax(x: Tensor): Tensor {
  const largest = withoutGradient([x], (v) => tf.maximum(tf.max(v, -1, true), -3e38));
  const shifted = tf.sub(x, largest);
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
}

/**
 * `log (exp A · exp B)`, the matrix product of positive numbers given by logarithms; differentiable to any order.
 *
 * Rows of `A` and columns of `B` are divided by their largest entries first. Terms more than about 80 below what that
 * makes of the largest are lost.
 *
 * @param a `[..., n, k]`
 * @param b `[..., k, m]`
 */
export function logMatMulExp(a: Tensor, b: Tensor): Tensor {
  const rows = withoutGradient([a], (v) => tf.max(v, -1, true));
  const columns = withoutGradient([b], (v) => tf.max(v, -2, true));
  const product = tf.matMul(tf.exp(tf.sub(a, rows)), tf.exp(tf.sub(b, columns)));
  return tf.add(tf.add(tf.log(product), rows), columns);
}
