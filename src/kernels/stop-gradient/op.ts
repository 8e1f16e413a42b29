import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The same values, as a constant to every gradient. */
export function stopGradient<T extends Tensor>(x: T): T {
  return withoutGradient([x], (input) => tf.clone(input)) as T;
}

/**
 * Computes tensors outside of every gradient tape: masks and indices that depend on traced values but have no
 * derivative. Comparisons have no gradient of their own in TF.js and would throw on the tape.
 *
 * TF.js records an operation only at kernel depth zero, the depth at which its own composite operations run the kernels
 * they are made of. Raising it leaves no trace at all, where `tf.customGrad` would send zeros backward.
 */
export function withoutGradient<T extends Tensor | Tensor[] = Tensor>(
  inputs: Tensor[],
  compute: (...inputs: Tensor[]) => T,
): T {
  const { state } = tf.engine();
  state.kernelDepth++;
  try {
    return tf.tidy(() => compute(...inputs));
  } finally {
    state.kernelDepth--;
  }
}
