import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The next entry along an axis, in place of each; the first follows the last. */
export function nextAlong(x: Tensor, axis: number): Tensor {
  const length = x.shape[axis];
  const part = (begin: number, size: number) =>
    tf.slice(x, x.shape.map((_, i) => (i === axis ? begin : 0)), x.shape.with(axis, size)); // prettier-ignore
  return tf.concat([part(1, length - 1), part(0, 1)], axis);
}

/** Links of one direction, `[batch, 2, L₀, L₁]` to `[batch, L₀, L₁]`. */
export function linksAlong(links: Tensor, direction: 0 | 1): Tensor {
  return tf.squeeze(tf.slice(links, [0, direction, 0, 0], [-1, 1, -1, -1]), [1]);
}

/** Plaquettes `P(n) = x₀(n) + x₁(n + e₀) - x₀(n + e₁) - x₁(n)` of links of both directions, `[batch, L₀, L₁]` each. */
export function plaquettesOf(x0: Tensor, x1: Tensor): Tensor {
  return tf.sub(tf.add(x0, nextAlong(x1, 1)), tf.add(nextAlong(x0, 2), x1));
}
