import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Interval } from '../interval.js';

/** Angles in radians, as every map of the circle gives them. */
export const CIRCLE: Interval = [-Math.PI, Math.PI];

const TURN = 2 * Math.PI;
/** π in float32, a little above π. */
const END = Math.fround(Math.PI);

/**
 * The same angle in `[-π, π]`: multiples of 2π are taken off, which no derivative sees. Of the two ends, which are one
 * point, it gives either. Angles far out have as few digits as float32 gives them: at 1e4 radians, a thousandth.
 */
export function wrapAngle(x: Tensor): Tensor {
  return tf.customGrad((angle) => {
    const turns = tf.floor(tf.add(tf.mul(angle as Tensor, 1 / TURN), 0.5));
    return {
      // Rounding can carry the difference past an end.
      value: tf.clipByValue(tf.sub(angle as Tensor, tf.mul(turns, TURN)), -END, END),
      gradFunc: (upstream) => [upstream],
    };
  })(x);
}
