import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { SIGMOID_SHIFT, type AffineAttributes } from './spec.js';

/** `y = s x + t` and `log s`, or the way back, from TF.js operations. */
export function affineReference([x, raw]: Tensor[], attributes: AffineAttributes): [value: Tensor, logDet: Tensor] {
  const [shift, u] = tf.unstack(raw, 1) as [Tensor, Tensor];
  const logScale = logScaleOf(u, attributes);
  if (!attributes.inverse) return [tf.add(tf.mul(x, tf.exp(logScale)), shift), logScale];
  const negative = tf.neg(logScale);
  return [tf.mul(tf.sub(x, shift), tf.exp(negative)), negative];
}

function logScaleOf(u: Tensor, { scale, bound, least }: AffineAttributes): Tensor {
  if (scale === 'sigmoid') return tf.log(tf.add(tf.sigmoid(tf.add(u, SIGMOID_SHIFT)), least));
  if (bound === Infinity) return u;
  return tf.mul(tf.tanh(tf.div(u, bound)), bound);
}
