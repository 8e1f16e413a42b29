import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { VectorField } from 'tfjs-flows';

/** One step of the classical Runge-Kutta method along a field, with the divergence integrated beside it. */
export function rungeKutta(field: VectorField, z: Tensor, from: number, to: number): [Tensor, Tensor] {
  const h = to - from;
  const slope = (t: number, at: Tensor) => field.rates(tf.fill([1, 1], t), at, null, null, ['divergence']);
  const [v1, d1] = slope(from, z);
  const [v2, d2] = slope(from + h / 2, tf.add(z, tf.mul(v1, h / 2)));
  const [v3, d3] = slope(from + h / 2, tf.add(z, tf.mul(v2, h / 2)));
  const [v4, d4] = slope(to, tf.add(z, tf.mul(v3, h)));
  const mean = (a: Tensor, b: Tensor, c: Tensor, d: Tensor) => tf.mul(h / 6, tf.add(tf.add(a, d), tf.mul(2, tf.add(b, c)))); // prettier-ignore
  return [tf.add(z, mean(v1, v2, v3, v4)), mean(d1, d2, d3, d4)];
}
