import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { State } from './state.js';
import type { Tolerance } from './stepper.js';

/** For each row the mean of `(value / scale)²` over what the error control watches. */
export function squaredRatios(tolerance: Tolerance, value: State, before: State, after: State): Float32Array {
  const { rtol, atol, quadratures } = tolerance;
  const watched = ({ y, q }: State) =>
    quadratures > 0 && q ? tf.concat([y, tf.slice(q, [0, 0], [-1, quadratures])], 1) : y;
  return read(() => {
    const size = tf.maximum(tf.abs(watched(before)), tf.abs(watched(after)));
    return tf.mean(tf.square(tf.div(watched(value), tf.add(tf.mul(size, rtol), atol))), 1);
  });
}

/** Zero for every row that is finite. */
export function finiteness({ y }: State): Float32Array {
  return read(() => tf.sum(tf.mul(y, 0), 1));
}

function read(compute: () => Tensor): Float32Array {
  const result = tf.tidy(compute);
  const values = result.dataSync<'float32'>().slice();
  result.dispose();
  return values;
}
