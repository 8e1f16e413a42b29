import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../../kernels/stop-gradient/op.js';

/**
 * Weight normalisation, one vector an output: `w = g v / |v|`, so that training changes length and direction apart. A
 * vector of zeros, such as a mask may leave, stays zero.
 *
 * Source: Salimans and Kingma, "Weight normalization", 2016, section 2.
 *
 * @param direction `v`, `[...inputs, outputs]`
 * @param gain `g`, `[outputs]`
 */
export function weightNorm(direction: Tensor, gain: Tensor): Tensor {
  const squares = tf.sum(tf.square(direction), axesOfInputs(direction));
  const positive = withoutGradient([squares], (s) => tf.greater(s, 0));
  const length = tf.sqrt(tf.where(positive, squares, tf.onesLike(squares)));
  return tf.mul(direction, tf.div(gain, length));
}

function axesOfInputs(kernel: Tensor): number[] {
  return Array.from({ length: kernel.rank - 1 }, (_, axis) => axis);
}
