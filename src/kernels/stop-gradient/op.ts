import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The same values, as a constant to every gradient. */
export function stopGradient<T extends Tensor>(x: T): T {
  return tf.customGrad((input) => ({
    value: tf.clone(input as Tensor),
    gradFunc: (upstream) => [tf.zerosLike(upstream)],
  }))(x) as T;
}

/**
 * Computes a tensor outside of every gradient tape: masks and indices that depend on traced values but have no
 * derivative. Comparisons have no gradient of their own in TF.js and would throw on the tape.
 */
export function withoutGradient(inputs: Tensor[], compute: (...inputs: Tensor[]) => Tensor): Tensor {
  return tf.customGrad((...args) => ({
    value: compute(...(args.slice(0, inputs.length) as Tensor[])),
    gradFunc: () => inputs.map((input) => tf.zerosLike(input)),
  }))(...inputs);
}
