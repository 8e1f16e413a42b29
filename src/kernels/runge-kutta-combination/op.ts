import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** `y + Σ_i coefficients[i] k_i` */
export function combination(y: Tensor, ks: readonly Tensor[], coefficients: readonly number[]): Tensor {
  return ks.reduce((sum, k, i) => tf.add(sum, tf.mul(k, coefficients[i])), y);
}

/** `y + h Σ_i coefficients[i] k_i`, `h`: `[rows, 1]` */
export function rowCombination(y: Tensor, ks: readonly Tensor[], h: Tensor, coefficients: readonly number[]): Tensor {
  return tf.add(y, tf.mul(h, combination(tf.zerosLike(y), ks, coefficients)));
}
