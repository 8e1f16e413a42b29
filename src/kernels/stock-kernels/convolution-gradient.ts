import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, Tensor4D } from '@tensorflow/tfjs-core';

/** Attributes of a convolution. */
interface ConvolutionAttributes extends NamedAttrMap {
  strides: [number, number];
  pad: 'same';
  dataFormat: 'NHWC';
  dimRoundingMode: 'floor';
}

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
    const { strides, pad, dataFormat, dimRoundingMode } = attributes as ConvolutionAttributes;
    const sizes = { strides, pad, dataFormat, dimRoundingMode, inputShape: x.shape };
    return {
      x: () => tf.engine().runKernel(tf.Conv2DBackpropInput, { dy, filter }, sizes),
      dy: () => tf.conv2d(x, filter, strides, pad, dataFormat, 1, dimRoundingMode),
    };
  },
};
