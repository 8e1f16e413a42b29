import * as tf from '@tensorflow/tfjs-core';
import type { GradSaveFunc, Tensor } from '@tensorflow/tfjs-core';

/**
 * `log(1 + x)` for `x ≥ 0`, to full relative precision; differentiable to any order.
 *
 * Several backends compute `log1p` as the logarithm of the rounded sum `w = 1 + x`. Scaling that by `x / (w - 1)` undoes
 * the rounding, for the error of `w` and that of its logarithm are proportional (Higham, "Accuracy and stability of
 * numerical algorithms", 2002, problem 1.5).
 */
export function log1p(x: Tensor): Tensor {
  return tf.customGrad((input, save) => {
    (save as GradSaveFunc)([input as Tensor]);
    return {
      value: tf.tidy(() => compute(input as Tensor)),
      gradFunc: (upstream, saved) => [tf.div(upstream, tf.add(saved[0], 1))],
    };
  })(x);
}

function compute(x: Tensor): Tensor {
  const w = tf.add(x, 1);
  const rounded = tf.sub(w, 1);
  const vanished = tf.equal(rounded, 0);
  const plain = tf.log(w);
  const scaled = tf.mul(plain, tf.div(x, tf.where(vanished, tf.onesLike(x), rounded)));
  return tf.where(vanished, x, tf.where(tf.less(x, 1), scaled, plain));
}
