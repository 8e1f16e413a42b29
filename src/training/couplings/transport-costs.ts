import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

/**
 * `−2 (x₀ᵢ − m₀) · (x₁ⱼ − m₁)`, `n × n` row by row, with the means `m` of both sets: the squared distance but for terms
 * that depend on `i` or on `j` alone, which change no transport plan. Centred, so that float32 keeps the digits that
 * matter.
 */
export function transportCosts(noise: Tensor, data: Tensor): Float32Array {
  const costs = tf.tidy(() => {
    const [from, to] = [noise, data].map((points) => tf.sub(points, tf.mean(points, 0, true)) as Tensor2D);
    return tf.mul(tf.matMul(from, to, false, true), -2);
  });
  // Read outside: `tf.tidy` looks for tensors in whatever it returns, number by number.
  const values = costs.dataSync<'float32'>();
  costs.dispose();
  return values;
}
