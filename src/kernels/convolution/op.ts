import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { activate, type ActivationName } from '../dense/activation.js';

/** Zeros around an image before a filter is laid on it. */
export interface Padding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** The padding that keeps the size of an image under a filter of odd size `[height, width, …]`, the same on all sides. */
export function samePadding([height, width]: readonly number[]): Padding {
  const [top, left] = [Math.floor((height - 1) / 2), Math.floor((width - 1) / 2)];
  return { top, bottom: height - 1 - top, left, right: width - 1 - left };
}

/**
 * One layer of a convolutional network: `activation(x ∗ filter + bias)`, stride 1, the cross-correlation that `tf.conv2d` is.
 *
 * `x`: `[batch, height, width, inputs]`; `filter`: `[k, l, inputs, outputs]`; `bias`: `[outputs]`; result:
 * `[batch, height + top + bottom - k + 1, width + left + right - l + 1, outputs]`.
 */
export function convolution(
  x: Tensor,
  filter: Tensor,
  bias: Tensor,
  activation: ActivationName = 'identity',
  padding: Padding = samePadding(filter.shape),
): Tensor {
  const { top, bottom, left, right } = padding;
  const padded = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]); // prettier-ignore
  const product = tf.conv2d(padded as Tensor4D, filter as Tensor4D, 1, 'valid');
  return activate(activation, tf.add(product, bias));
}
