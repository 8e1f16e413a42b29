import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { Bijector, type Interval, type ValueAndLogDet } from './bijector.js';

/** Options of the maps that act alike on every coordinate of an event. */
export interface CoordinateMapOptions {
  /** Shape of one event; `[]` for single numbers. */
  readonly eventShape: Shape;
}

/**
 * One fixed increasing function, applied to every coordinate, from the real line onto an open interval, `domainOut`.
 * A subclass writes three formulas on tensors of any shape.
 *
 * On the data side, float32 cannot tell numbers very close to an end of the interval from the end itself. The ends are
 * therefore taken as the nearest numbers inside, which keeps `inverse` finite. Beyond the ends the density is zero:
 * `inverse` then gives a log-determinant of `-Infinity`.
 */
export abstract class CoordinateMap extends Bijector {
  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly domainOut: Interval;

  constructor(eventShape: Shape, domainOut: Interval) {
    super();
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.domainOut = domainOut;
  }

  /** `y(x)`. */
  protected abstract value(x: Tensor): Tensor;

  /** `x(y)` for `y` strictly inside the interval. */
  protected abstract inverseValue(y: Tensor): Tensor;

  /** `log dy/dx` at `x`. */
  protected abstract logSlope(x: Tensor): Tensor;

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return [this.value(x), sumOverEvent(this.logSlope(x))];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    const x = this.inverseValue(clampInside(y, this.domainOut));
    const logDet = tf.sub(penaltyOutside(y, this.domainOut), this.logSlope(x));
    return [x, sumOverEvent(logDet)];
  }

  override getConfig(): Config {
    return { eventShape: this.eventShapeIn };
  }
}

function sumOverEvent(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis).slice(1);
  return axes.length === 0 ? x : tf.sum(x, axes);
}

/** Moves what is not inside to the nearest number that is; the gradient passes unchanged. */
function clampInside(y: Tensor, [low, high]: Interval): Tensor {
  return tf.customGrad((input) => ({
    value: tf.maximum(tf.minimum(input as Tensor, nextFloat(high, -1)), nextFloat(low, 1)),
    gradFunc: (upstream) => [upstream as Tensor],
  }))(y);
}

/** `-Infinity` where `y` is outside of the closed interval, else 0. */
function penaltyOutside(y: Tensor, [low, high]: Interval): Tensor {
  return withoutGradient([y], (at) => {
    const outside = tf.logicalOr(tf.less(at, low), tf.greater(at, high));
    return tf.where(outside, tf.fill(at.shape, -Infinity), tf.zerosLike(at));
  });
}

/** The neighbour of a number among the normal float32 numbers, upwards or downwards. */
function nextFloat(value: number, direction: 1 | -1): number {
  if (!Number.isFinite(value)) return value;
  if (value === 0) return direction * 2 ** -126;
  const single = new Float32Array([value]);
  new Int32Array(single.buffer)[0] += Math.sign(value) * direction;
  return single[0];
}
