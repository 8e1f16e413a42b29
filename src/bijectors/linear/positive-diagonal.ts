import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Smallest diagonal entry. */
const MIN_DIAGONAL = 1e-3;

/** `softplus⁻¹(1 - 1e-3)`: with it, {@link positiveDiagonal} gives 1. */
export const UNIT_DIAGONAL = Math.log(Math.expm1(1 - MIN_DIAGONAL));

/** `softplus(raw) + 1e-3`: what the diagonals of triangular factors and singular values are made of. */
export function positiveDiagonal(raw: Tensor): Tensor {
  return tf.add(tf.softplus(raw), MIN_DIAGONAL);
}
