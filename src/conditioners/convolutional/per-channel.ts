import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Dense } from '../dense.js';
import { flatContext } from '../flat-context.js';

/** What a dense layer makes of each context, as one number a channel for all pixels: `[batch, 1, 1, channels]`. */
export function perChannel(layer: Dense, context: Tensor): Tensor {
  return tf.reshape(layer.apply(flatContext(context)), [context.shape[0], 1, 1, layer.outputs]);
}
