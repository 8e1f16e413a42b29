import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { arcTangent } from './arc-tangent.js';

/** Vectors in space by their components, tensors of one shape. */
export type Vectors = readonly [x: Tensor, y: Tensor, z: Tensor];

/** Added to squared lengths under roots: it keeps derivatives at zero finite, and changes nothing at atomic distances. */
const TINY = 1e-14;

export function addVectors(a: Vectors, b: Vectors): Vectors {
  return [tf.add(a[0], b[0]), tf.add(a[1], b[1]), tf.add(a[2], b[2])];
}

export function subtractVectors(a: Vectors, b: Vectors): Vectors {
  return [tf.sub(a[0], b[0]), tf.sub(a[1], b[1]), tf.sub(a[2], b[2])];
}

export function scaleVectors(a: Vectors, by: Tensor): Vectors {
  return [tf.mul(a[0], by), tf.mul(a[1], by), tf.mul(a[2], by)];
}

export function dot(a: Vectors, b: Vectors): Tensor {
  return tf.add(tf.add(tf.mul(a[0], b[0]), tf.mul(a[1], b[1])), tf.mul(a[2], b[2]));
}

export function cross(a: Vectors, b: Vectors): Vectors {
  const component = (i: number, j: number) => tf.sub(tf.mul(a[i], b[j]), tf.mul(a[j], b[i]));
  return [component(1, 2), component(2, 0), component(0, 1)];
}

/** `√(|a|² + ε)`, `ε = 10⁻¹⁴`: never zero. */
export function lengths(a: Vectors): Tensor {
  return tf.sqrt(tf.add(dot(a, a), TINY));
}

/** `a / |a|`; near zero where `a` is. */
export function unitVectors(a: Vectors): Vectors {
  return scaleVectors(a, tf.reciprocal(lengths(a)));
}

/** `atan2(y, x)` with a gradient of zero, not NaN, where both are zero. */
export function angleOf(y: Tensor, x: Tensor): Tensor {
  return tf.customGrad((sine, cosine, save) => {
    (save as unknown as tf.GradSaveFunc)([sine as Tensor, cosine as Tensor]);
    const gradFunc = (upstream: Tensor, [s, c]: Tensor[]) => {
      const scaled = tf.div(upstream, tf.add(tf.add(tf.square(s), tf.square(c)), 1e-30));
      return [tf.mul(scaled, c), tf.neg(tf.mul(scaled, s))];
    };
    return { value: arcTangent(sine as Tensor, cosine as Tensor), gradFunc };
  })(y, x);
}

/** Angle between two vectors, in `[0, π]`; exact near both ends, where an arc cosine is not. */
export function angleBetween(a: Vectors, b: Vectors): Tensor {
  return angleOf(lengths(cross(a, b)), dot(a, b));
}

/**
 * Signed torsion in `(-π, π]` of a chain of bonds `b1, b2, b3`, each from one atom to the next, by the IUPAC rule: seen along
 * `b2`, positive where the far bond is turned clockwise from the near one. `atan2(((n1 × n2) · b2) / |b2|, n1 · n2)` with
 * `n1 = b1 × b2`, `n2 = b2 × b3`.
 */
export function torsionOf(b1: Vectors, b2: Vectors, b3: Vectors): Tensor {
  const [n1, n2] = [cross(b1, b2), cross(b2, b3)];
  // (n1 × n2) · b2 = |b2|² (b1 · n2), without the second product of products.
  return angleOf(tf.mul(dot(b1, n2), lengths(b2)), dot(n1, n2));
}
