import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * `log (1 + m h′)` for `h′ = 1 - tanh²` and `lift = 1 + m > 0`, as `log (tanh² + lift (1 - tanh²))`: a sum of positive terms,
 * where the left-hand side may cancel.
 *
 * @param height `tanh a`
 */
export function logTanhSlope(height: Tensor, lift: Tensor): Tensor {
  const square = tf.square(height);
  return tf.log(tf.add(square, tf.mul(lift, tf.sub(1, square))));
}
