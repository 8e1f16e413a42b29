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
  return tf.customGrad((input) => ({
    value: value(input as Tensor),
    gradFunc: (upstream) => [tf.mul(upstream, slope(input as Tensor))],
  }))(x);
}
