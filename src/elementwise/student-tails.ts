import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { clamp } from '../kernels/clamp/op.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import type { CurvePoint } from '../numerics/invert-monotone.js';
import { log1p } from '../numerics/log1p.js';
import { logGrowth } from '../numerics/log-growth.js';
import { HeavyTails } from './heavy-tails.js';

/** Largest exponent; a normal number gets there with probability 1e-14 for `λ = 2`, 1e-27 for `λ = 1`. */
const MOST = 120;
const LARGEST = 3e38;
/** Tail weight at the start. */
const START = 0.01;

/**
 * Tails of Student's t, near the identity in the middle:
 *
 * `h(a; λ) = √((exp(λ a²) - 1) / λ)`, `h⁻¹(b; λ) = √(log(1 + λ b²) / λ)`, `log h′ = λ a² - ½ log ((exp(λ a²) - 1) / λ a²)`.
 *
 * It makes of a normal variable nearly one of Student's with `ν = 1 / λ` degrees of freedom. Both directions are formulas. It
 * starts with `λ = 0.01`, which differs from the identity by less than a hundredth for `|z| < 1`. See {@link HeavyTails} for `μ`,
 * `σ` and the weights.
 *
 * Source: Wallace, "Bounds on normal approximations to Student's and the chi-square distributions", 1959, where `h⁻¹` takes t to
 * normal; in place of a Student base, as Laszkiewicz, Lederer, Fischer, "Marginal tail-adaptive normalizing flows", 2022.
 *
 * @cost forward: formula; inverse: formula
 */
export class StudentTails extends HeavyTails {
  static override readonly className = 'StudentTails';
  static override readonly samples = [() => new StudentTails()];

  /** How far the start may be from the identity, relative to `1 + |x|`. */
  readonly identityGap = 0.15;

  identityParameters(): number[] {
    return this.weightParameters(START);
  }

  protected override outward(a: Tensor, weight: Tensor): CurvePoint {
    const exponent = tf.mul(tf.square(a), weight);
    const half = tf.mul(logGrowth(exponent), 0.5);
    return { value: tf.mul(a, tf.exp(half)), logSlope: tf.sub(exponent, half) };
  }

  protected override inward(b: Tensor, weight: Tensor): CurvePoint {
    const exponent = logOnePlusSquare(tf.mul(b, tf.sqrt(weight)));
    const half = tf.mul(logGrowth(exponent), 0.5);
    return { value: tf.mul(b, tf.exp(tf.neg(half))), logSlope: tf.sub(half, exponent) };
  }

  protected override limit(weight: Tensor): Tensor {
    return tf.sqrt(tf.div(MOST, weight));
  }
}

/** `log(1 + c²)` for `c ≥ 0`, also where the square is no float32. */
function logOnePlusSquare(c: Tensor): Tensor {
  const isNear = withoutGradient([c], (v) => tf.less(v, 1));
  const near = log1p(tf.square(clamp(c, 0, 1)));
  const large = clamp(c, 1, LARGEST);
  const far = tf.add(tf.mul(tf.log(large), 2), log1p(tf.square(tf.reciprocal(large))));
  return tf.where(isNear, near, far);
}
