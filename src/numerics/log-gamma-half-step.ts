import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * `log Γ(z + ½) - log Γ(z)` for `z > 0`, elementwise and differentiable.
 *
 * The two logarithms grow as `z log z` while their difference grows as `½ log z`, so that subtracting them would lose
 * every digit in float32. Instead `z` is raised by whole steps, each worth `-log(1 + 1 / 2z)`, to where the series
 * `½ log y - 1/8y + 1/192y³ - 1/640y⁵` holds to 1e-8 (Tricomi and Erdélyi, "The asymptotic expansion of a ratio of
 * gamma functions", 1951).
 */
export function logGammaHalfStep(z: Tensor): Tensor {
  let below: Tensor = tf.zerosLike(z);
  for (let k = 0; k < STEPS; k++) below = tf.add(below, tf.log1p(tf.div(0.5, tf.add(z, k))));
  const y = tf.add(z, STEPS);
  const inverse = tf.reciprocal(y);
  const square = tf.square(inverse);
  const correction = tf.add(-1 / 8, tf.mul(square, tf.add(1 / 192, tf.mul(square, -1 / 640))));
  return tf.sub(tf.add(tf.mul(tf.log(y), 0.5), tf.mul(inverse, correction)), below);
}

/** At `y ≥ 6` the first term left out of the series is below 5e-9. */
const STEPS = 6;
