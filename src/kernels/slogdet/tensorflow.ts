import * as tf from '@tensorflow/tfjs-core';
import { notFinite, poison } from '../elimination/reference.js';
import { natively } from '../elimination/tensorflow.js';
import { slogdetByOps } from './reference.js';

export const slogdetOnTensorFlow = natively<object>(
  slogdetByOps,
  ([a]) => ({ name: 'LogMatrixDeterminant', inputs: [a], outputs: 2 }),
  ([sign, log], [a]) => {
    const bad = tf.squeeze(notFinite(a, [1, 2]), [1, 2]);
    const regular = tf.where(tf.equal(log, -Infinity), tf.zerosLike(sign), sign);
    return [poison(bad, regular), poison(bad, log)];
  },
);
