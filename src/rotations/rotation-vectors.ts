import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Below this square of an angle series stand in for sines: their next terms are below float32. */
const SMALL = 0.01;

/**
 * The rotation by `|ω|` radians about `ω`, as a quaternion, with the density of the Haar measure with respect to `dω`:
 *
 * `q = (cos ½θ, sin(½θ) ω/θ)`, `log (2 - 2 cos θ)/θ² = 2 log (sin(½θ)/½θ)`, `θ = |ω|`.
 *
 * The measure is the one that is `dω` near 0, of which all rotations have `8π²`. One-to-one for `θ < π`; where `θ` is a multiple of 2π
 * other than 0, the density is zero and its logarithm far below.
 *
 * @param omega `[..., 3]`
 * @returns `[..., 4]` and `[...]`
 */
export function rotationExp(omega: Tensor): [quaternion: Tensor, logDet: Tensor] {
  return tf.tidy(() => {
    const square = tf.sum(tf.square(omega), -1, true);
    const small = tf.less(square, SMALL);
    const half = tf.mul(tf.sqrt(tf.where(small, tf.onesLike(square), square)), 0.5);
    // sin(h)/h of h = θ/2, in θ².
    const series = tf.add(1, tf.mul(square, tf.add(-1 / 24, tf.mul(square, tf.add(1 / 1920, tf.mul(square, -1 / 322560)))))); // prettier-ignore
    const sinc = tf.where(small, series, tf.div(tf.sin(half), half));
    const cosine = tf.where(small, cosOfSmall(square), tf.cos(half));
    const logDet = tf.log(tf.maximum(tf.square(sinc), 1e-30));
    return [tf.concat([cosine, tf.mul(tf.mul(sinc, 0.5), omega)], -1), tf.squeeze(logDet, [-1])];
  });
}

/**
 * The rotation vector of a unit quaternion or its negative, `[..., 4]` → `[..., 3]`, of length at most π: the inverse of
 * {@link rotationExp}.
 */
export function rotationLog(q: Tensor): Tensor {
  return tf.tidy(() => {
    const w = tf.slice(q, Array<number>(q.rank).fill(0), [...q.shape.slice(0, -1), 1]);
    const v = tf.slice(q, [...Array<number>(q.rank - 1).fill(0), 1], [...q.shape.slice(0, -1), 3]);
    const sign = tf.sub(tf.mul(tf.cast(tf.greaterEqual(w, 0), 'float32'), 2), 1);
    const square = tf.sum(tf.square(v), -1, true);
    const small = tf.less(square, 1e-4);
    const length = tf.sqrt(tf.where(small, tf.onesLike(square), square));
    // θ/sin(½θ) by way of ½θ = atan2(|v|, |w|), or of asin(s)/s = 1 + s²/6 + 3s⁴/40.
    const angle = tf.mul(tf.atan2(length, tf.abs(w)), 2);
    const series = tf.add(2, tf.mul(square, tf.add(1 / 3, tf.mul(square, 3 / 20))));
    return tf.mul(tf.mul(tf.where(small, series, tf.div(angle, length)), sign), v);
  });
}

/** `cos ½θ` from a small `θ²`. */
function cosOfSmall(square: Tensor): Tensor {
  const q = tf.mul(square, 0.25);
  return tf.add(1, tf.mul(q, tf.add(-1 / 2, tf.mul(q, tf.add(1 / 24, tf.mul(q, -1 / 720))))));
}
