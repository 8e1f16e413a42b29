import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor4D } from '@tensorflow/tfjs-core';
import type { ConvolutionAttributes } from './convolution-geometry.js';

/**
 * The gradient of a convolution's gradient in its filter, which TF.js lacks. The three - convolution, gradient in the
 * images, gradient in the filter - are one trilinear form, so the derivative of each is the other two, to any order.
 */
export const filterGradientGradient: GradConfig = {
  kernelName: tf.Conv2DBackpropFilter,
  inputsToSave: ['x', 'dy'],
  gradFunc: (upstream, saved, attributes) => {
    const filter = upstream as Tensor4D;
    const [x, dy] = saved as Tensor4D[];
    const { strides, pad, dataFormat, dimRoundingMode } = attributes as unknown as ConvolutionAttributes;
    const sizes = { ...attributes, inputShape: x.shape };
    return {
      x: () => tf.engine().runKernel(tf.Conv2DBackpropInput, { dy, filter }, sizes),
      dy: () => tf.conv2d(x, filter, strides, pad, dataFormat, 1, dimRoundingMode),
    };
  },
};
