import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowNumericsError } from '../errors.js';

/** How far an iteration goes. */
export interface FixedPointOptions {
  /** A step below `tolerance · (1 + |start| + |x|)`, largest entries of a row, is its last one. Default: 1e-6. */
  readonly tolerance?: number;
  /** Most evaluations of the map before giving up. Default: 1000. */
  readonly maxSteps?: number;
}

/** Where an iteration ended. */
export interface FixedPoint {
  /** `[rows, ...event]` */
  readonly point: Tensor;
  /** Evaluations of the map: those of the row that took most, rounded up. */
  readonly steps: number;
  /** Largest last step of an entry, over all rows. */
  readonly residual: number;
}

/** Evaluations between two looks at the numbers: each look makes a GPU wait. */
const ROUND = 8;

/** @throws FlowConfigError for a tolerance that is not positive, or a number of steps that is no positive integer. */
export function checkFixedPoint(where: string, { tolerance = 1e-6, maxSteps = 1000 }: FixedPointOptions): void {
  if (!(tolerance > 0)) throw new FlowConfigError(where, { expected: 'tolerance > 0', got: String(tolerance) });
  if (!Number.isInteger(maxSteps) || maxSteps < 1) {
    throw new FlowConfigError(where, { expected: 'maxSteps: a positive integer', got: String(maxSteps) });
  }
}

/**
 * The fixed point `x = f(x)` of a contraction, row by row, by iterating it (Banach). With a Lipschitz constant `L` a point whose
 * step is `r` is off by `r L / (1 - L)` at most. A row that has converged stays where it is, so that it does not depend on
 * its neighbours.
 *
 * Nothing is differentiated here: call it outside of gradient tapes.
 *
 * @param where who asks, for error messages
 * @param map `f`, `[rows, ...event]` → the same shape
 * @param start `[rows, ...event]`
 * @param floor of what steps are measured against, in place of 1
 * @throws FlowNumericsError naming residual, steps and row when a row has not converged after `maxSteps`, or is no number.
 */
export function fixedPoint(
  where: string,
  map: (x: Tensor) => Tensor,
  start: Tensor,
  { tolerance = 1e-6, maxSteps = 1000 }: FixedPointOptions,
  floor = 1,
): FixedPoint {
  const overEvent = start.shape.slice(1).map((_, axis) => axis + 1);
  /** Largest entry of each row, `[rows, 1, ...]`. */
  const size = (x: Tensor) => tf.max(tf.abs(x), overEvent, true);
  const unit = tf.tidy(() => tf.add(size(start), floor));
  let state: Iteration = { point: tf.clone(start), step: tf.zerosLike(unit), open: tf.onesLike(unit) };
  for (let steps = 0; ;) {
    const round = Math.min(ROUND, maxSteps - steps);
    for (let i = 0; i < round; i++) {
      const before = state;
      state = tf.tidy(() => {
        const next = choose(before.open, map(before.point), before.point);
        const step = choose(before.open, size(tf.sub(next, before.point)), before.step);
        const short = tf.lessEqual(step, tf.mul(tf.add(unit, size(next)), tolerance));
        return { point: next, step, open: tf.sub(1, tf.cast(short, 'float32')) };
      });
      tf.dispose(Object.values(before));
    }
    steps += round;
    const lengths = state.step.dataSync<'float32'>();
    const open = state.open.dataSync<'float32'>();
    const done = open.every((entry) => entry === 0);
    if (done || steps >= maxSteps || !lengths.every(Number.isFinite)) {
      tf.dispose([unit, state.step, state.open]);
      if (!done) throw unconverged(where, lengths, open, steps);
      return { point: state.point, steps, residual: lengths.reduce((most, length) => Math.max(most, length), 0) };
    }
  }
}

/** Rows on their way. */
interface Iteration {
  readonly point: Tensor;
  /** Largest entry of the last step of each row, `[rows, 1, ...]`. */
  readonly step: Tensor;
  /** 1 for rows that go on, 0 for others; likewise. */
  readonly open: Tensor;
}

/** `a` in rows that go on, `b` in others. */
function choose(open: Tensor, a: Tensor, b: Tensor): Tensor {
  return tf.add(tf.mul(open, a), tf.mul(tf.sub(1, open), b));
}

function unconverged(where: string, lengths: Float32Array, open: Float32Array, steps: number): FlowNumericsError {
  const broken = lengths.findIndex((length) => !Number.isFinite(length));
  const row = broken >= 0 ? broken : open.indexOf(1);
  const others = open.filter((entry) => entry === 1).length - 1;
  return new FlowNumericsError(where, {
    expected: `a fixed point within ${steps} steps`,
    got: `a residual of ${lengths[row]} in row ${row}${others > 0 ? ` and ${others} others unconverged` : ''}`,
    hint: 'Raise `maxSteps` or `tolerance`, or lower the Lipschitz constant; numbers that are not finite never converge.',
    row,
    value: lengths[row],
  });
}
