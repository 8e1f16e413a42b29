import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { solve } from '../../linalg/solve.js';
import { combine } from '../combine.js';
import { evaluate } from '../evaluate.js';
import { mapState, type State } from '../state.js';
import type { System } from '../system.js';
import { plus, type Times } from '../times.js';
import { linearise, type Linearisation } from './linearise.js';
import type { RosenbrockTableau } from './tableau.js';

/** Increments carry the length of the step in them. */
const ONE = Float64Array.of(1);

/** What a step starts from. */
export interface StepStart {
  readonly t: Times;
  readonly h: Times;
  readonly y: Tensor;
  readonly inputs: readonly Tensor[];
}

/**
 * The increments `U_s` of a step, by differentiable operations.
 *
 * Quadratures belong to the same method, as coordinates that nothing depends on: their equations need no elimination,
 * `U^q_s = hγ ∂g/∂y U_s` plus the right-hand side that they have.
 */
export function increments(
  { gamma, a, c, d, m }: RosenbrockTableau,
  system: System,
  { slope, jacobian, inTime }: Linearisation,
  { t, h, y, inputs }: StepStart,
): State[] {
  const { width, quadratures } = system;
  const split = (joint: Tensor, axis: number): State =>
    quadratures > 0 ? parts(tf.split(joint, [width, quadratures], axis)) : parts([joint]);
  const derivatives = split(jacobian, 1);
  const timeDerivative = split(inTime, 1);
  const scale = column(h.map((step) => gamma * step));
  const matrix = tf.sub(tf.eye(width), tf.mul(tf.reshape(scale, [-1, 1, 1]), derivatives.y));
  const found: State[] = [];
  for (let s = 0; s < c.length; s++) {
    const at = combine(y, found.map((u) => u.y), ONE, a[s]); // prettier-ignore
    const f = s === 0 ? slope : evaluate(system, plus(t, h, c[s]), at, inputs);
    let right = mapState((part) => tf.mul(part, scale), f);
    if (d[s] !== 0) {
      const factor = column(h.map((step) => gamma * d[s] * step * step));
      right = mapState((part, byTime) => tf.add(part, tf.mul(byTime, factor)), right, timeDerivative);
    }
    const weights = m[s].map((weight) => gamma * weight);
    right = mapState((part, ...earlier) => combine(part, earlier, ONE, weights), right, ...found);
    const u = solve(matrix, right.y);
    const coupling = right.q && tf.mul(scale, tf.squeeze(tf.matMul(derivatives.q!, tf.expandDims(u, 2)), [2]));
    found.push({ y: u, q: right.q && tf.add(right.q, coupling!), total: null });
  }
  return found;
}

/** `from + Σ_s weights[s] U_s` */
export function addIncrements(from: State, found: readonly State[], weights: readonly number[]): State {
  return mapState((part, ...us) => combine(part, us, ONE, weights), from, ...found);
}

/** A whole step by differentiable operations: the state after it. */
export function rosenbrockStep(
  method: RosenbrockTableau,
  system: System,
  { q, ...start }: StepStart & { readonly q: Tensor | null },
): State {
  const { t, y, inputs } = start;
  const found = increments(method, system, linearise(system, t, y, inputs), start);
  return addIncrements({ y, q, total: null }, found, method.b);
}

function parts([y, q]: readonly Tensor[]): State {
  return { y, q: q ?? null, total: null };
}

function column(values: Times): Tensor {
  return tf.tensor2d(Float32Array.from(values), [values.length, 1]);
}
