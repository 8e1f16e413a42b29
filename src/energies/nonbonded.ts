import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import { clamp } from '../kernels/clamp/op.js';
import { softCore } from './pairs.js';

/** Distances between which pairs are summed: below `core` they go on by their tangents, beyond `to` there are none. */
export interface Range {
  readonly core: number;
  readonly to: number;
}

/**
 * `c erfc(α r) / r` of squared distances up to the cutoff.
 *
 * @param products `c`, of a shape that broadcasts to that of `squares`
 */
export function screenedCoulomb(
  squares: Tensor,
  products: Tensor,
  { core, to, alpha }: Range & { readonly alpha: number },
): Tensor {
  const counted = (s: Tensor) =>
    tf.mul(
      withoutGradient([s], (at) => tf.step(tf.sub(to * to, at))),
      products,
    );
  const reciprocal = (s: Tensor) => tf.rsqrt(s);
  const complement = (s: Tensor, t: Tensor) => tf.sub(1, tf.erf(tf.mul(tf.mul(s, t), alpha)));
  return softCore(squares, core, {
    value(s) {
      const t = reciprocal(s);
      return tf.mul(counted(s), tf.mul(complement(s, t), t));
    },
    slope(s) {
      const t = reciprocal(s);
      const gaussian = tf.mul((2 * alpha) / Math.sqrt(Math.PI), tf.exp(tf.mul(s, -alpha * alpha)));
      const bracket = tf.add(tf.mul(complement(s, t), t), gaussian);
      return tf.mul(tf.mul(counted(s), tf.mul(-0.5, tf.square(t))), bracket);
    },
  });
}

/**
 * `S(r) (a/r¹² - b/r⁶)` of squared distances, where `S = 1 - t³ (10 - 15 t + 6 t²)` goes from 1 to 0 with `t = (r - r_s)/(r_c - r_s)`.
 *
 * @param repulsion `a`, of a shape that broadcasts to that of `squares`
 * @param attraction `b`, likewise
 */
export function switchedLennardJones(
  squares: Tensor,
  repulsion: Tensor,
  attraction: Tensor,
  { core, from, to }: Range & { readonly from: number },
): Tensor {
  const part = (r: Tensor) => clamp(tf.div(tf.sub(r, from), to - from), 0, 1);
  const polynomial = (t: Tensor) => tf.add(10, tf.mul(t, tf.sub(tf.mul(6, t), 15)));
  const factor = (t: Tensor) => tf.sub(1, tf.mul(tf.mul(t, tf.square(t)), polynomial(t)));
  return softCore(squares, core, {
    value(s) {
      const inverse = tf.reciprocal(s);
      const cube = tf.mul(inverse, tf.square(inverse));
      const potential = tf.mul(cube, tf.sub(tf.mul(repulsion, cube), attraction));
      return tf.mul(potential, factor(part(tf.sqrt(s))));
    },
    slope(s) {
      const r = tf.sqrt(s);
      const t = part(r);
      const inverse = tf.reciprocal(s);
      const cube = tf.mul(inverse, tf.square(inverse));
      const twice = tf.mul(repulsion, cube);
      const potential = tf.mul(cube, tf.sub(twice, attraction));
      const steepness = tf.mul(tf.mul(-3, inverse), tf.mul(cube, tf.sub(tf.mul(2, twice), attraction)));
      // dS/dt = -30 t² (1 - t)², dt/ds = 1 / (2 r (r_c - r_s))
      const fading = tf.div(tf.mul(-15 / (to - from), tf.square(tf.mul(t, tf.sub(1, t)))), r);
      return tf.add(tf.mul(steepness, factor(t)), tf.mul(potential, fading));
    },
  });
}
