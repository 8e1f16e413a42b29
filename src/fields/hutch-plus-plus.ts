import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../errors.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import { formatShape } from '../shapes.js';
import type { VectorField } from './vector-field.js';

/** A column that shrinks below this part of its length depends on those before it, as far as float32 can tell. */
const INDEPENDENT = 1e-4;

/**
 * Probes that know the Jacobian, for {@link VectorField.rates}: Hutch++ (Meyer, Musco, Musco and Woodruff, "Hutch++: optimal
 * stochastic trace estimation", 2021), row by row.
 *
 * Half of the noise, `S`, is sent through the Jacobian; the orthonormal basis `Q` of what comes out spans the directions
 * in which `J` is large. With `P = I − QQᵀ` and the other half `g_1 … g_K`,
 *
 *     tr J ≈ tr QᵀJQ + (1/K) Σ_k (P g_k)·J(P g_k),
 *
 * of which the first term has no error: the estimate is exact where the rank of `J` is at most `K`, and its variance is
 * that of the rest else. The probes are `√2K q_k` and `√2 P g_k`, of whose `2K` values `v·Jv` the estimate is the mean;
 * `|J|²_F` is estimated by the same probes.
 *
 * `Q` is a constant to gradients. Whatever `Q` is, the mean over `g` is `tr J`, so a gradient through `Q` has mean zero: it
 * would add noise, and cost a derivative of the orthonormalisation, which explodes as columns become dependent. What is
 * computed is an unbiased estimate of the gradient of `tr J`, if not the derivative of the estimate of `tr J`.
 *
 * @param noise `[rows, 2K, dims]` with `E[v vᵀ] = I`: the sketch `S`, then `g`
 * @returns `[rows, 2K, dims]`, constants to every gradient
 * @throws FlowShapeError for noise with an odd number of directions.
 */
export function hutchPlusPlusProbes(
  field: VectorField,
  t: Tensor,
  z: Tensor,
  context: Tensor | null,
  noise: Tensor,
): Tensor {
  const count = (noise.shape[1] ?? 0) / 2;
  if (noise.rank !== 3 || !Number.isInteger(count)) {
    throw new FlowShapeError('hutchPlusPlusProbes', {
      expected: `noise of shape [${z.shape[0]}, 2K, ${field.dims}]`,
      got: formatShape(noise.shape),
      hint: 'Half of it finds the directions, half estimates the rest.',
    });
  }
  return tf.tidy(() => {
    const [sketch, rest] = tf.split(noise, 2, 1);
    const [, images] = field.jacobianProducts(t, z, sketch, context);
    return withoutGradient([images, rest], (spanning, others) => {
      const basis = orthonormal(tf.unstack(spanning, 1));
      const apart = tf.unstack(others, 1).map((vector) => withoutParts(vector, basis));
      const scaled = basis.map((vector) => tf.mul(vector, Math.sqrt(2 * count)));
      return tf.stack([...scaled, ...apart.map((vector) => tf.mul(vector, Math.SQRT2))], 1);
    });
  });
}

/**
 * Velocity, `[rows, dims]`, and divergence, `[rows]`, by {@link hutchPlusPlusProbes}.
 *
 * @param noise `[rows, 2K, dims]`
 */
export function hutchPlusPlus(
  field: VectorField,
  t: Tensor,
  z: Tensor,
  context: Tensor | null,
  noise: Tensor,
): [velocity: Tensor, divergence: Tensor] {
  return tf.tidy(() => {
    const probes = hutchPlusPlusProbes(field, t, z, context, noise);
    return field.rates(t, z, context, probes, ['divergence']) as [Tensor, Tensor];
  });
}

/**
 * Orthonormal vectors that span what `columns`, `[rows, dims]` each, span in every row, by modified Gram-Schmidt, each
 * column twice: once is not enough where columns are nearly dependent (Giraud et al., 2005). Dependent ones become zero.
 */
function orthonormal(columns: readonly Tensor[]): Tensor[] {
  const basis: Tensor[] = [];
  for (const column of columns) {
    const once = withoutParts(column, basis);
    const length = lengthOf(once);
    const alive = tf.cast(tf.greater(length, tf.mul(lengthOf(column), INDEPENDENT)), 'float32');
    const unit = tf.mul(once, tf.div(alive, tf.add(length, tf.sub(1, alive))));
    const twice = withoutParts(unit, basis);
    basis.push(tf.div(twice, tf.add(lengthOf(twice), tf.sub(1, alive))));
  }
  return basis;
}

/** A vector minus its parts along orthonormal ones. */
function withoutParts(vector: Tensor, basis: readonly Tensor[]): Tensor {
  return basis.reduce((left, along) => {
    const part = tf.sum(tf.mul(left, along), 1, true);
    return tf.sub(left, tf.mul(part, along));
  }, vector);
}

/** `[rows, 1]`. */
function lengthOf(vector: Tensor): Tensor {
  return tf.sqrt(tf.sum(tf.square(vector), 1, true));
}
