import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../errors.js';
import { solveTriangular } from '../kernels/triangular-solve/op.js';
import { formatShape, sizeOf } from '../shapes.js';

/** Keeps a vector of zeros from a division by zero; its reflection is the identity. */
const LEAST_SQUARE = 1e-30;

/**
 * The orthogonal matrix `Q = H₁ H₂ ⋯ Hₖ` of reflections `H = I - 2 v vᵀ / |v|²`, or its first columns.
 *
 * Put together as `Q = I - 2 Vᵀ (I + 2 N)⁻¹ V`, where the rows of `V` are the vectors at length one and `N` is the part of
 * `V Vᵀ` above its diagonal (Joffrain et al., "Accumulating Householder transformations, revisited", 2006): one triangular
 * solve and three products, however many reflections. Differentiable to any order.
 *
 * @param vectors `[...batch, k, n]`
 * @param columns how many columns of `Q` to give. Default: all `n`.
 * @returns `[...batch, n, columns]`
 * @throws FlowShapeError for a single vector, or more columns than there are.
 */
export function householderProduct(vectors: Tensor, columns = vectors.shape.at(-1) ?? 0): Tensor {
  const [k, n] = vectors.shape.slice(-2);
  if (vectors.rank < 2 || k === 0 || n === 0 || columns > n || columns < 1) {
    throw new FlowShapeError('householderProduct', {
      expected: '`vectors` of shape [..., k, n], and 1 to n columns',
      got: `${formatShape(vectors.shape)}, ${columns} columns`,
    });
  }
  return tf.tidy(() => {
    const batchShape = vectors.shape.slice(0, -2);
    const flat = tf.reshape(vectors, [sizeOf(batchShape), k, n]);
    const squares = tf.sum(tf.square(flat), 2, true);
    const unit = tf.div(flat, tf.sqrt(tf.add(squares, LEAST_SQUARE)));
    const gram = tf.mul(tf.matMul(unit, unit, false, true), 2);
    const right = tf.slice(unit, [0, 0, 0], [-1, -1, columns]);
    const inner = solveTriangular(gram, right, { lower: false, adjoint: false, unitDiagonal: true });
    const product = tf.mul(tf.matMul(unit, inner, true, false), 2);
    return tf.reshape(tf.sub(tf.slice(tf.eye(n), [0, 0], [-1, columns]), product), [...batchShape, n, columns]);
  });
}
