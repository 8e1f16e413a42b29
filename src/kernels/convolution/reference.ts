import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { activate } from '../dense/activation.js';
import type { ConvolutionAttributes } from './spec.js';

/** By `tf.conv2d` of padded images. */
export function convolutionReference([x, filter, bias]: Tensor[], attributes: ConvolutionAttributes): Tensor {
  const { top, bottom, left, right } = attributes.padding;
  const padded = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]); // prettier-ignore
  const product = tf.conv2d(padded as Tensor4D, filter as Tensor4D, 1, 'valid');
  return activate(attributes.activation, tf.add(product, bias));
}
