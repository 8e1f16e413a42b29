import * as tf from '@tensorflow/tfjs-core';

/** Gradients that are being taken around this moment, one inside of the other: no higher derivative can be asked for. */
export function ordersAsked(): number {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return kernelDepth > 0 ? 0 : gradientDepth;
}
