import * as tf from '@tensorflow/tfjs-core';
import type { ProbabilityPath } from './path.js';

/**
 * Quarter circles, `x_t = cos(πt/2) x₀ + sin(πt/2) x₁`: the variance stays one where that of the data is one. The velocity
 * is `π/2 (cos(πt/2) x₁ − sin(πt/2) x₀)` (Albergo and Vanden-Eijnden, "Building normalizing flows with stochastic
 * interpolants", 2023).
 */
export function variancePreservingPath(): ProbabilityPath {
  return (x0, x1, t) => {
    const angle = tf.mul(t, Math.PI / 2);
    const [cos, sin] = [tf.cos(angle), tf.sin(angle)];
    return {
      x: tf.add(tf.mul(cos, x0), tf.mul(sin, x1)),
      velocity: tf.mul(tf.sub(tf.mul(cos, x1), tf.mul(sin, x0)), Math.PI / 2),
    };
  };
}
