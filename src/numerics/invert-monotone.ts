import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowNumericsError } from '../errors.js';
import type { Interval } from '../interval.js';
import { clamp } from '../kernels/clamp/op.js';
import { stopGradient, withoutGradient } from '../kernels/stop-gradient/op.js';
import { ordersAsked } from './orders-asked.js';

/** Values and slopes of increasing scalar functions, one of each per element. */
export interface CurvePoint {
  /** `f(x)`, `[n]`. */
  readonly value: Tensor;
  /** `log f′(x)`, `[n]`. */
  readonly logSlope: Tensor;
}

/** `n` increasing functions at `n` points: `[n]` → `[n]`. It may close over traced parameters, row by row. */
export type Curve = (x: Tensor) => CurvePoint;

/** How far a search for a root goes. */
export interface InversionOptions {
  /** A Newton step below `tolerance · (1 + |x|)` is the last one; what it leaves is of the order of its square. Default: 1e-6. */
  readonly tolerance?: number;
  /** Most evaluations of a function before giving up. Default: 100. */
  readonly maxSteps?: number;
}

/** Evaluations between two looks at the numbers: each look makes a GPU wait. */
const ROUND = 6;
/** Ends of what a search knows nothing about; the sum of both still is a float32. */
const FAR = 1.5e38;
/** Growth of the stride while a root has been seen on one side only. */
const STRIDE_GROWTH = 8;
/** Largest logarithm whose exponential is kept among float32 numbers with room to spare. */
const MAX_LOG = 80;
const EPSILON = 2 ** -23;

/** @throws FlowConfigError for a tolerance that is not positive, or a number of steps that is no positive integer. */
export function checkInversion(where: string, { tolerance = 1e-6, maxSteps = 100 }: InversionOptions): void {
  if (!(tolerance > 0)) throw new FlowConfigError(where, { expected: 'tolerance > 0', got: String(tolerance) });
  if (!Number.isInteger(maxSteps) || maxSteps < 1) {
    throw new FlowConfigError(where, { expected: 'maxSteps: a positive integer', got: String(maxSteps) });
  }
}

/** Of some options only those of a search, and only those that were given: the rest is left out of a configuration. */
export function givenInversion({ tolerance, maxSteps }: InversionOptions): InversionOptions {
  return {
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(maxSteps === undefined ? {} : { maxSteps }),
  };
}

/**
 * Solves `f(x) = y` for increasing functions, element by element, by Newton steps that are kept inside a bracket: a step
 * that leaves it, or is not half as long as the one before, is replaced by a bisection, and by a growing stride as long
 * as the root has been seen from one side only. So no function is too steep or too flat, whatever its parameters; most
 * take 5 to 10 evaluations. A row that has converged stays where it is, so that it does not depend on its neighbours.
 *
 * Derivatives do not go through the search: they are those of the implicit function, `dx = (dy - f_θ dθ) / f′`, with
 * respect to `y` and to everything that `curve` closes over, to any order. At the root `x₀`, a constant, they are those of
 * one Newton step written in traced operations; every further step doubles the orders that are right (and one more).
 *
 * @param where who asks, for error messages
 * @param y `[n]`
 * @param interval where the roots lie; a `y` beyond the values at its ends gives the end. Default: the reals.
 * @returns the roots, and the log-slopes of the functions there
 * @throws FlowNumericsError naming residual, steps and row when a row has not converged after `maxSteps`
 */
export function invertMonotone(
  where: string,
  curve: Curve,
  y: Tensor,
  options: InversionOptions = {},
  interval: Interval = [-Infinity, Infinity],
): CurvePoint {
  const root = withoutGradient([y], (target) => solve(where, curve, target, options, interval));
  return differentiableRoot(curve, y, root);
}

/**
 * Known roots of `f(x) = y` with the derivatives of the implicit function, see {@link invertMonotone}.
 *
 * @param y `[n]`
 * @param root `[n]`, constants to every gradient
 * @returns the roots, and the log-slopes of the functions there
 */
export function differentiableRoot(curve: Curve, y: Tensor, root: Tensor): CurvePoint {
  let x = root;
  for (let orders = 0; orders < ordersAsked(); orders = 2 * orders + 1) {
    const { value, logSlope } = curve(x);
    const residual = tf.sub(value, y);
    // Zero in value, so that a flat function cannot turn rounding errors into a move.
    const change = tf.sub(residual, stopGradient(residual));
    x = tf.sub(x, tf.mul(change, tf.exp(clamp(tf.neg(logSlope), -MAX_LOG, MAX_LOG))));
  }
  return { value: x, logSlope: curve(x).logSlope };
}

/** The state of all searches, `[n]` each. */
interface Search {
  readonly x: Tensor;
  /** Largest point known to lie at or below the root, and smallest one at or above. */
  readonly low: Tensor;
  readonly high: Tensor;
  /** Length of the last step. */
  readonly last: Tensor;
  /** How far to go next where one side is unknown. */
  readonly stride: Tensor;
  /** 1 where the search is over. */
  readonly done: Tensor;
}

function solve(
  where: string,
  curve: Curve,
  y: Tensor,
  { tolerance = 1e-6, maxSteps = 100 }: InversionOptions,
  interval: Interval,
): Tensor {
  let search = start(y, interval);
  for (let taken = 0; taken < maxSteps;) {
    const round = Math.min(ROUND, maxSteps - taken);
    for (let i = 0; i < round; i++) {
      const before = search;
      search = tf.tidy(() => ({ ...advance(before, curve, y, tolerance) }));
      tf.dispose(Object.values(before));
    }
    taken += round;
    if (tf.tidy(() => tf.min(search.done)).dataSync()[0] > 0) return search.x;
  }
  throw unconverged(where, search, curve, y, maxSteps);
}

function start(y: Tensor, [from, to]: Interval): Search {
  const [low, high] = [Math.max(from, -FAR), Math.min(to, FAR)];
  const x = tf.clipByValue(y, low, high);
  return {
    x,
    low: tf.fill(y.shape, low),
    high: tf.fill(y.shape, high),
    last: tf.fill(y.shape, FAR),
    stride: tf.add(tf.abs(x), 1),
    done: tf.zerosLike(y),
  };
}

/** One evaluation, and the next point. Comparisons with NaN are false, which ends in a bisection. */
function advance({ x, low, high, last, stride, done }: Search, curve: Curve, y: Tensor, tolerance: number): Search {
  const { value, logSlope } = curve(x);
  const residual = tf.sub(value, y);
  const above = tf.greater(residual, 0);
  const nextLow = tf.where(tf.lessEqual(residual, 0), x, low);
  const nextHigh = tf.where(tf.greaterEqual(residual, 0), x, high);
  const open = tf.greaterEqual(tf.where(above, tf.neg(nextLow), nextHigh), FAR);

  const newton = tf.sub(x, tf.mul(residual, tf.exp(tf.neg(logSlope))));
  const step = tf.abs(tf.sub(newton, x));
  const inside = tf.logicalAnd(tf.greater(newton, nextLow), tf.less(newton, nextHigh));
  const short = tf.lessEqual(step, tf.where(open, stride, tf.mul(last, 0.5)));
  const onward = tf.add(x, tf.mul(stride, tf.where(above, tf.fill(x.shape, -1), tf.onesLike(x))));
  const middle = tf.add(tf.mul(nextLow, 0.5), tf.mul(nextHigh, 0.5));
  const safe = tf.where(open, tf.clipByValue(onward, -FAR, FAR), middle);

  const unit = tf.add(tf.abs(x), 1);
  const close = tf.lessEqual(step, tf.mul(unit, tolerance));
  const exact = tf.lessEqual(tf.abs(residual), tf.mul(tf.abs(y), EPSILON));
  const tight = tf.lessEqual(tf.sub(nextHigh, nextLow), tf.mul(unit, Math.min(tolerance, 2 * EPSILON)));
  const narrow = tf.logicalAnd(tight, tf.logicalNot(open));
  const bracketed = tf.minimum(tf.maximum(newton, nextLow), nextHigh);
  const found = tf.where(close, bracketed, x);
  const ends = tf.logicalOr(close, tf.logicalOr(exact, narrow));
  const next = tf.where(ends, found, tf.where(tf.logicalAnd(inside, short), newton, safe));
  const over = tf.cast(done, 'bool');
  return {
    x: tf.where(over, x, next),
    low: nextLow,
    high: nextHigh,
    last: tf.abs(tf.sub(next, x)),
    stride: tf.where(open, tf.mul(stride, STRIDE_GROWTH), stride),
    done: tf.cast(tf.logicalOr(over, ends), 'float32'),
  };
}

function unconverged(where: string, search: Search, curve: Curve, y: Tensor, maxSteps: number): FlowNumericsError {
  const done = search.done.dataSync<'float32'>();
  const residuals = tf.tidy(() => tf.sub(curve(search.x).value, y)).dataSync();
  const row = done.findIndex((entry) => !(entry > 0));
  const others = done.reduce((count, entry) => count + (entry > 0 ? 0 : 1), 0) - 1;
  return new FlowNumericsError(where, {
    expected: `a numerical inverse within ${maxSteps} steps`,
    got: `a residual of ${residuals[row]} in row ${row}${others > 0 ? ` and ${others} others unconverged` : ''}`,
    hint: 'Raise `maxSteps` or `tolerance`; a residual that stays means a value which the map does not take.',
    row,
    value: residuals[row],
  });
}
