import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowNumericsError } from '../errors.js';
import { stopGradient, withoutGradient } from '../kernels/stop-gradient/op.js';
import { solve } from '../linalg/solve.js';
import type { InversionOptions } from '../numerics/invert-monotone.js';
import { ordersAsked } from '../numerics/orders-asked.js';
import { evaluateGauge, type Gauge } from './gauge.js';

/** Shortest part of a Newton step that is tried. */
const SHORTEST = 2 ** -10;

/**
 * Solves `∇φ(x) = y` for the half-square of a norm, row by row: the minimum of the strictly convex `φ(x) - y·x`, by Newton steps
 * that are halved while they do not lower it. Derivatives are those of the implicit function, `dx = H⁻¹ (dy - ∂∇φ/∂θ dθ)`,
 * to any order, and do not go through the search.
 *
 * @param y `[rows, n]`, of length 1
 * @throws FlowNumericsError naming residual, steps and row when a row has not converged after `maxSteps`
 */
export function invertGauge(where: string, gauge: Gauge, y: Tensor, options: InversionOptions): Tensor {
  let x = withoutGradient([y, gauge.weights, gauge.roundness, gauge.directions], (target, ...parts) =>
    search(where, { weights: parts[0], roundness: parts[1], directions: parts[2] }, target, options),
  );
  for (let orders = 0; orders < ordersAsked(); orders = 2 * orders + 1) {
    const { gradient, hessian } = evaluateGauge(gauge, x);
    const residual = tf.sub(gradient, y);
    x = tf.sub(x, solve(hessian, tf.sub(residual, stopGradient(residual))));
  }
  return x;
}

function search(
  where: string,
  gauge: Gauge,
  y: Tensor,
  { tolerance = 1e-6, maxSteps = 100 }: InversionOptions,
): Tensor {
  // φ is of degree 2: along y its best point is known.
  let x = tf.tidy(() => tf.div(y, tf.expandDims(tf.mul(evaluateGauge(gauge, y).value, 2), 1)));
  let share = tf.ones([y.shape[0], 1]);
  for (let step = 0; ; step++) {
    const [next, nextShare, length] = tf.tidy(() => advance(gauge, y, x, share));
    const lengths = length.dataSync<'float32'>();
    tf.dispose([x, share, length]);
    [x, share] = [next, nextShare];
    if (lengths.every((value) => value <= tolerance)) break;
    if (step + 1 >= maxSteps) {
      const row = lengths.findIndex((value) => !(value <= tolerance));
      throw new FlowNumericsError(where, {
        expected: `a numerical inverse within ${maxSteps} steps`,
        got: `a residual of ${lengths[row]} in row ${row}`,
        hint: 'Raise `maxSteps` or `tolerance`.',
        row,
        value: lengths[row],
      });
    }
  }
  share.dispose();
  return x;
}

/** One Newton step, the share of a step for the next, and how long the full one would be, relative to `|x|`. */
function advance(gauge: Gauge, y: Tensor, x: Tensor, share: Tensor): [Tensor, Tensor, Tensor] {
  const merit = ({ value }: { value: Tensor }, at: Tensor) => tf.sub(value, tf.sum(tf.mul(y, at), 1));
  const here = evaluateGauge(gauge, x);
  const step = solve(here.hessian, tf.sub(y, here.gradient));
  const trial = tf.add(x, tf.mul(share, step));
  const size = tf.sqrt(tf.div(tf.sum(tf.square(step), 1), tf.sum(tf.square(x), 1)));
  // Near the minimum its values differ by rounding alone; steps that short are taken as they are.
  const slack = tf.mul(tf.add(tf.abs(here.value), 1), 1e-6);
  const lower = tf.lessEqual(merit(evaluateGauge(gauge, trial), trial), tf.add(merit(here, x), slack));
  const better = tf.expandDims(tf.cast(tf.logicalOr(lower, tf.less(size, 1e-3)), 'float32'), 1);
  const next = tf.add(x, tf.mul(better, tf.sub(trial, x)));
  const halved = tf.maximum(tf.mul(share, 0.5), SHORTEST);
  const doubled = tf.minimum(tf.mul(share, 2), 1);
  return [next, tf.where(tf.cast(better, 'bool'), doubled, halved), size];
}
