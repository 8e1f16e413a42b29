import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import type { CurvePoint } from '../numerics/invert-monotone.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';
import { bounded, cut } from './parameters.js';

/** Least and largest tail weight: a thousand degrees of freedom, and half of one. */
const LEAST = 1e-3;
const MOST = 2;
/** Largest `|log σ|`. */
const SCALE_BOUND = 5;

/**
 * A map from light tails to tails that fall as a power, on either side with a weight `λ` of its own: with `s` the sign of `z`,
 *
 * `forward: x = μ + σ s h(|z|; λₛ)`, `log dx/dz = log σ + log h′(|z|; λₛ)`,
 *
 * where a subclass writes the increasing function `h` and its inverse, of slope 1 at 0. What is normal becomes a variable with
 * `P(|x| > t)` of the order of `t^(-1/λ)`: one of `1 / λ` degrees of freedom. Raw parameters: `μ`, `log σ` (kept inside of ±5 by
 * `tanh`), and those of the weights to the right and to the left, `λ = 1e-3 + 1.999 sigmoid(raw)`.
 *
 * Put it on the data side of a flow, or beneath the standardisation only: a normal base and Lipschitz layers cannot make such
 * tails (Jaini, Kobyzev, Yu, Brubaker, "Tails of Lipschitz triangular flows", 2020). Far out, where float32 would overflow, `h`
 * goes on as a straight line; normal numbers do not get there.
 */
export abstract class HeavyTails extends ElementwiseTransform {
  readonly parameterCount = 4;

  /** `h` and `log h′` at `a`, `[n]`, `0 ≤ a ≤ limit(weight)`. */
  protected abstract outward(a: Tensor, weight: Tensor): CurvePoint;

  /** `h⁻¹` and the logarithm of its slope at `b`, `[n]`. */
  protected abstract inward(b: Tensor, weight: Tensor): CurvePoint;

  /** From where on `h` is straight, `[n]`. */
  protected abstract limit(weight: Tensor): Tensor;

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    const { shift, logScale, weightAt } = partsOf(raw);
    const side = signOf(x);
    const weight = weightAt(side);
    const size = tf.mul(x, side);
    const inside = lesser(size, this.limit(weight));
    const { value, logSlope } = this.outward(inside, weight);
    const distance = tf.add(value, tf.mul(tf.sub(size, inside), tf.exp(logSlope)));
    return {
      value: tf.add(shift, tf.mul(tf.mul(side, tf.exp(logScale)), distance)),
      logDet: tf.add(logScale, logSlope),
    };
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    const { shift, logScale, weightAt } = partsOf(raw);
    const centred = tf.sub(y, shift);
    const side = signOf(centred);
    const weight = weightAt(side);
    const size = tf.mul(tf.mul(centred, side), tf.exp(tf.neg(logScale)));
    const top = this.outward(this.limit(weight), weight);
    const inside = lesser(size, top.value);
    const { value, logSlope } = this.inward(inside, weight);
    const distance = tf.add(value, tf.mul(tf.sub(size, inside), tf.exp(tf.neg(top.logSlope))));
    return { value: tf.mul(side, distance), logDet: tf.sub(logSlope, logScale) };
  }

  /** Raw parameters of a shift of 0, a scale of 1, and these weights, each between 0.001 and 2. */
  weightParameters(right: number, left = right): number[] {
    const raw = (weight: number) => Math.log((weight - LEAST) / (MOST - weight));
    return [0, 0, raw(right), raw(left)];
  }

  getConfig(): Config {
    return {};
  }
}

function partsOf(raw: Tensor) {
  const [shift, logScale, ...weights] = cut(raw, [1, 1, 1, 1]).map((part) => tf.reshape(part, [-1]));
  const [right, left] = weights.map((weight) => tf.add(tf.mul(tf.sigmoid(weight), MOST - LEAST), LEAST));
  /** That of the side each point is on. */
  const weightAt = (side: Tensor) => {
    const isRight = tf.mul(tf.add(side, 1), 0.5);
    return tf.add(tf.mul(isRight, right), tf.mul(tf.sub(1, isRight), left));
  };
  return { shift, logScale: bounded(logScale, SCALE_BOUND), weightAt };
}

/** 1 to the right of zero and there, -1 to the left. */
function signOf(x: Tensor): Tensor {
  return withoutGradient([x], (v) => tf.sub(tf.mul(tf.cast(tf.greaterEqual(v, 0), 'float32'), 2), 1));
}

/** The lesser of two, differentiable to any order. */
function lesser(a: Tensor, b: Tensor): Tensor {
  const below = withoutGradient([a, b], (v, w) => tf.less(v, w));
  return tf.where(below, a, b);
}
