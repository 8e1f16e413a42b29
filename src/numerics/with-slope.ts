import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * A function of each entry with its derivative written by hand, in place of one operation after the other taken back.
 * Higher derivatives are those of `slope`.
 *
 * @param value `f(x)`, of the shape of `x`
 * @param slope `f'(x)`, of the shape of `x`
 */
export function withSlope(x: Tensor, value: (x: Tensor) => Tensor, slope: (x: Tensor) => Tensor): Tensor {
  return tf.customGrad((input, save) => {
    const at = input as Tensor;
    (save as tf.GradSaveFunc)([at]);
    const gradFunc = (upstream: Tensor, [saved]: Tensor[]) => [tf.mul(upstream, slope(saved))];
    return { value: value(at), gradFunc };
  })(x);
}
