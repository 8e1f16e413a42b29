import * as tf from '@tensorflow/tfjs-core';
import type { GradSaveFunc, Tensor } from '@tensorflow/tfjs-core';
import type { LipschitzMap } from '../../conditioners/lipschitz/lipschitz-network.js';
import { FlowConfigError } from '../../errors.js';
import { solveLinear } from '../../kernels/solve/op.js';
import { withoutGradient } from '../../kernels/stop-gradient/op.js';
import { fixedPoint, type FixedPoint, type FixedPointOptions } from '../../numerics/fixed-point.js';
import { sizeOf } from '../../shapes.js';
import { transposedJacobian } from './residual-log-det.js';

/** Up to so many numbers an event, derivatives of a solution come from its Jacobian; beyond, from an iteration. */
const MOST_DIMS = 16;

/**
 * Solves `x + g(x) = z` for a contraction `g`, row by row, by iterating `x ← z - g(x)`; up to 16 numbers an event, one
 * Newton step follows, which leaves rounding errors alone.
 *
 * Derivatives do not go through the iteration: they are those of the implicit function, `dx = (I + J)⁻¹ (dz - g_θ dθ)`, with
 * respect to `z` and to everything that `g` closes over. Up to 16 numbers an event they come from the whole Jacobian, to
 * any order: that of a Newton step written in traced operations, each further one doubling the orders that are right
 * (and one more). For larger events `(I + J)⁻ᵀ` of a gradient is found by an iteration of its own, and there is only the
 * first derivative.
 *
 * @param where who asks, for error messages
 * @param z `[rows, ...event]`
 * @param note told how the iteration went
 * @throws FlowNumericsError naming residual, steps and row when a row has not converged after `maxSteps`.
 * @throws FlowConfigError when derivatives of derivatives are asked for of larger events.
 */
export function solveResidual(
  where: string,
  map: LipschitzMap,
  z: Tensor,
  options: FixedPointOptions,
  note: (found: FixedPoint) => void = () => {},
): Tensor {
  const x = withoutGradient([z], (target) => {
    const found = fixedPoint(where, (point) => tf.sub(target, map.value(point)), target, options);
    note(found);
    return found.point;
  });
  const orders = ordersAsked();
  if (sizeOf(z.shape.slice(1)) <= MOST_DIMS) return newtonSteps(map, x, z, orders);
  if (orders > 1) {
    throw new FlowConfigError(where, {
      expected: `first derivatives, of events with more than ${MOST_DIMS} numbers`,
      got: `gradients nested ${orders} deep`,
    });
  }
  return orders === 0 ? x : withImplicitGradient(where, map, x, z, options);
}

/** At least one, for what the iteration has left. */
function newtonSteps(map: LipschitzMap, start: Tensor, z: Tensor, orders: number): Tensor {
  const [rows, ...event] = z.shape;
  const dims = sizeOf(event);
  let x = start;
  for (let right = 0; right === 0 || right < orders; right = 2 * right + 1) {
    const at = map.at(x);
    const residual = tf.sub(tf.add(x, at.value), z);
    const matrix = tf.add(transposedJacobian(at), tf.eye(dims));
    const step = solveLinear(matrix, tf.reshape(residual, [rows, dims, 1]), true);
    x = tf.sub(x, tf.reshape(step, z.shape));
  }
  return x;
}

/** `x`, with the gradient `(I + J)⁻ᵀ` of it sent on to what `x + g(x) - z` depends on. */
function withImplicitGradient(
  where: string,
  map: LipschitzMap,
  x: Tensor,
  z: Tensor,
  options: FixedPointOptions,
): Tensor {
  const at = map.at(x);
  const correction = tf.customGrad((residual, save) => {
    (save as GradSaveFunc)([...at.kept]);
    return {
      value: tf.zerosLike(residual as Tensor),
      gradFunc: (dy: Tensor, kept: Tensor[]) => {
        const adjoint = (w: Tensor) => tf.sub(dy, at.pull(w, kept));
        return withoutGradient([dy], () => tf.neg(fixedPoint(`${where}, gradient`, adjoint, dy, options, 0).point));
      },
    };
  });
  return tf.add(x, correction(tf.sub(at.value, z)));
}

/** Gradients that are being taken around this moment, one inside of the other: no higher derivative can be asked for. */
function ordersAsked(): number {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return kernelDepth > 0 ? 0 : gradientDepth;
}
