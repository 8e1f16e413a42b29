import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Cuts raw parameters `[n, Σ widths]` into `[n, width]` each. */
export function cut(raw: Tensor, widths: readonly number[]): Tensor[] {
  let start = 0;
  return widths.map((width) => {
    const part = tf.slice(raw, [0, start], [-1, width]);
    start += width;
    return part;
  });
}

/** `bound · tanh(raw / bound)`: the raw number, kept inside of ±bound. */
export function bounded(raw: Tensor, bound: number): Tensor {
  return tf.mul(tf.tanh(tf.div(raw, bound)), bound);
}

/** The raw number from which {@link bounded} makes `value`. */
export function unbounded(value: number, bound: number): number {
  return bound * Math.atanh(value / bound);
}

/** `log σ(t) = -softplus(-t)`. */
export function logSigmoid(t: Tensor): Tensor {
  return tf.neg(tf.softplus(tf.neg(t)));
}

/** `softplus⁻¹(value)`. */
export function softplusInverse(value: number): number {
  return value + Math.log(-Math.expm1(-value));
}

/** `count` numbers evenly from `-reach` to `reach`; 0 for one. */
export function spread(count: number, reach: number): number[] {
  return Array.from({ length: count }, (_, k) => (count === 1 ? 0 : reach * ((2 * k) / (count - 1) - 1)));
}

/** Mean square of some numbers. */
export function meanSquare(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0) / values.length;
}
