import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Of `atan x = x - x³/3 + x⁵/5 - x⁷/7 + x⁹/9`, from the last: enough for seven digits of the ninth below `tan(π/16)`. */
const SERIES = [1 / 9, -1 / 7, 1 / 5, -1 / 3];

/**
 * Values of `atan2(y, x)`, in `[-π, π]`, from operations that can be part of a planned step, which the kernel of TF.js is not.
 *
 * `q = min(|x|, |y|) / max(|x|, |y|)` is the tangent of an angle up to `π/4`; that of half an angle is `q / (1 + √(1 + q²))`.
 * After two halvings a short series is exact in float32. Right to about two units of the last place; 0 where both are zero.
 */
export function arcTangent(y: Tensor, x: Tensor): Tensor {
  const [height, width] = [tf.abs(y), tf.abs(x)];
  const larger = tf.maximum(height, width);
  const ratio = tf.div(tf.minimum(height, width), tf.maximum(larger, 1e-37));
  const quarter = halved(halved(ratio));
  const square = tf.square(quarter);
  const series = SERIES.reduce<Tensor>((sum, term) => tf.mul(square, tf.add(sum, term)), tf.zerosLike(square));
  const acute = tf.mul(4, tf.add(quarter, tf.mul(quarter, series)));
  const first = tf.where(tf.greater(height, width), tf.sub(Math.PI / 2, acute), acute);
  const upper = tf.where(tf.less(x, 0), tf.sub(Math.PI, first), first);
  // Maxima may pass NaN over; the sum does not.
  return tf.add(tf.where(tf.less(y, 0), tf.neg(upper), upper), tf.mul(tf.add(x, y), 0));
}

/** `tan(φ/2)` of `tan φ`. */
function halved(tangent: Tensor): Tensor {
  return tf.div(tangent, tf.add(1, tf.sqrt(tf.add(1, tf.square(tangent)))));
}
