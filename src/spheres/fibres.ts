import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { angleOf } from '../numerics/vectors3.js';

/** Coordinates of rotations, `[rows, 1]` each, in which the Haar measure is uniform. */
export interface Fibres {
  /** `t = y² + z²`, in [0, 1]. */
  readonly height: Tensor;
  /** `1 - t = w² + x²`, which keeps its digits where it is small. */
  readonly depth: Tensor;
  /** Angle of `(w, x)`. */
  readonly alpha: Tensor;
  /** Angle of `(y, z)`. */
  readonly beta: Tensor;
}

/** Sums of squares are no smaller than this, so that an angle is never lost. */
const FLOOR = 1e-30;

/**
 * A unit quaternion as `(√(1 - t) e^{iα}, √t e^{iβ})`: the area of the sphere is `½ dt dα dβ`. `-q` has both angles moved by
 * π, so that `α - β` and `α + β` modulo 2π are coordinates of the rotation itself (the Hopf fibration has `t` and `α - β` on
 * the sphere below and `α + β` along the fibre).
 *
 * @param q `[rows, 4]`, of length 1
 */
export function fibresOf(q: Tensor): Fibres {
  const [w, x, y, z] = tf.split(q, 4, 1);
  const height = tf.add(tf.square(y), tf.square(z));
  const depth = tf.add(tf.square(w), tf.square(x));
  return { height, depth, alpha: angleOf(x, w), beta: angleOf(z, y) };
}

/** The quaternion of {@link fibresOf}. */
export function fromFibres({ height, depth, alpha, beta }: Fibres): Tensor {
  const [inner, outer] = [depth, height].map((square) => tf.sqrt(tf.maximum(square, FLOOR)));
  return tf.concat(
    [
      tf.mul(inner, tf.cos(alpha)),
      tf.mul(inner, tf.sin(alpha)),
      tf.mul(outer, tf.cos(beta)),
      tf.mul(outer, tf.sin(beta)),
    ],
    1,
  );
}
