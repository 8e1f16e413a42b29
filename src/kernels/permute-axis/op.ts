import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * The entries of `x` along one axis in another order: entry `i` of the result is entry `permutation[i]`. Its adjoint is
 * the permutation back, so that it runs everywhere, to any order of differentiation.
 */
export function permuteAxis(x: Tensor, permutation: readonly number[], axis: number): Tensor {
  if (permutation.every((index, i) => index === i)) return x;
  return tf.customGrad((input) => ({
    value: tf.gather(input as Tensor, tf.tensor1d([...permutation], 'int32'), axis),
    gradFunc: (upstream) => [permuteAxis(upstream, inversePermutation(permutation), axis)],
  }))(x);
}

/** The permutation that undoes another. */
export function inversePermutation(permutation: readonly number[]): number[] {
  const inverse = Array<number>(permutation.length);
  permutation.forEach((index, i) => (inverse[index] = i));
  return inverse;
}
