import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import type { Interval } from '../interval.js';
import { clamp } from '../kernels/clamp/op.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import { formatShape, sameShape, sizeOf } from '../shapes.js';
import type { ElementwiseResult } from './elementwise-transform.js';

/** Where a spline acts, and how it goes on outside. */
export interface SplineBoxOptions {
  /** The spline maps `[-tailBound, tailBound]` onto itself. Default: 3. */
  readonly tailBound?: number;
  /** The spline maps `[low, high]` onto itself instead. */
  readonly interval?: Interval;
  /** Outside of the box: `linear` (default) is the identity, `bounded` a straight line of the slope at the end. */
  readonly boundaries?: 'linear' | 'bounded';
}

/** {@link SplineBoxOptions} with defaults filled in. */
export interface SplineBox {
  readonly low: number;
  readonly high: number;
  readonly boundaries: 'linear' | 'bounded';
}

/** @throws FlowConfigError for an empty or infinite interval, or unknown boundaries. */
export function splineBox(where: string, options: SplineBoxOptions): SplineBox {
  const { tailBound = 3, boundaries = 'linear' } = options;
  const [low, high] = options.interval ?? [-tailBound, tailBound];
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new FlowConfigError(where, {
      expected: 'a finite interval with low < high (tailBound > 0)',
      got: `[${low}, ${high}]`,
    });
  }
  if (boundaries !== 'linear' && boundaries !== 'bounded') {
    throw new FlowConfigError(where, { expected: "boundaries: 'linear' or 'bounded'", got: `'${String(boundaries)}'` });
  }
  return { low, high, boundaries };
}

/** @throws FlowConfigError unless `bins` is an integer of at least `least`. */
export function checkBins(where: string, bins: number, least: number): void {
  if (!Number.isInteger(bins) || bins < least) {
    throw new FlowConfigError(where, { expected: `bins: a whole number, at least ${least}`, got: String(bins) });
  }
}

/** @throws FlowConfigError unless `least` is positive and `bins` of that size leave room in a box of length 1. */
export function checkLeastSize(where: string, name: string, least: number, bins: number): void {
  if (!(least > 0 && least * bins < 1)) {
    throw new FlowConfigError(where, {
      expected: `${name} > 0 with bins · ${name} < 1`,
      got: `${bins} · ${least} = ${bins * least}`,
      hint: 'Use fewer bins or a smaller minimum.',
    });
  }
}

/**
 * A map of the unit interval onto itself, carried over to a box and continued outside of it.
 *
 * @param x `[n]`
 * @param map value and log-derivative at points of the unit interval, ends included
 */
export function inBox(x: Tensor, box: SplineBox, map: (unit: Tensor) => ElementwiseResult): ElementwiseResult {
  const { low, high, boundaries } = box;
  const length = high - low;
  // Both branches of a selection are differentiated, so the map must only ever see points inside the box.
  const clamped = clamp(x, low, high);
  const { value: unit, logDet } = map(tf.div(tf.sub(clamped, low), length));
  const value = tf.add(tf.mul(unit, length), low);
  if (boundaries === 'bounded') {
    return { value: tf.add(value, tf.mul(tf.sub(x, clamped), tf.exp(logDet))), logDet };
  }
  const inside = withoutGradient([x], (v) => tf.logicalAnd(tf.greaterEqual(v, low), tf.lessEqual(v, high)));
  return { value: tf.where(inside, value, x), logDet: tf.where(inside, logDet, tf.zerosLike(x)) };
}

/**
 * Applies a scalar map to tensors of any shape: the common part of the spline functions.
 *
 * @param x any shape `S`
 * @param raw `[...S, parameters]`
 * @param map from `[n]` and `[n, parameters]`
 * @throws FlowShapeError when `raw` has other leading axes than `x`
 */
export function anyShape(
  where: string,
  x: Tensor,
  raw: Tensor,
  map: (x: Tensor, raw: Tensor) => ElementwiseResult,
): ElementwiseResult {
  const parameters = raw.shape.at(-1) ?? 0;
  if (!sameShape(raw.shape, [...x.shape, parameters])) {
    throw new FlowShapeError(where, {
      expected: `raw of shape ${formatShape([...x.shape, parameters])}`,
      got: formatShape(raw.shape),
      hint: 'Give every element of x parameters of its own, along one last axis.',
    });
  }
  const [value, logDet] = tf.tidy(() => {
    const flat = map(tf.reshape(x, [-1]), tf.reshape(raw, [sizeOf(x.shape), parameters]));
    return [tf.reshape(flat.value, x.shape), tf.reshape(flat.logDet, x.shape)];
  });
  return { value, logDet };
}

/**
 * Number of bins of a spline whose raw parameters number `perBin · bins + extra`.
 *
 * @throws FlowShapeError when no number of bins fits.
 */
export function binsOf(where: string, raw: Tensor, perBin: number, extra: number): number {
  const bins = ((raw.shape.at(-1) ?? 0) - extra) / perBin;
  if (!Number.isInteger(bins) || bins < 1) {
    const constant = extra === 0 ? '' : extra > 0 ? ` + ${extra}` : ` - ${-extra}`;
    throw new FlowShapeError(where, {
      expected: `${perBin === 1 ? '' : `${perBin} · `}bins${constant} numbers in the last axis of raw`,
      got: formatShape(raw.shape),
    });
  }
  return bins;
}
