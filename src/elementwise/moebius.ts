import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import type { Curve } from '../numerics/invert-monotone.js';
import { angleOf } from '../numerics/vectors3.js';
import { CIRCLE, wrapAngle } from './circle.js';
import type { ElementwiseResult } from './elementwise-transform.js';
import { checkCount, NumericElementwise, type NumericElementwiseOptions } from './numeric-elementwise.js';
import { cut } from './parameters.js';

/** Options of {@link Moebius}. */
export interface MoebiusOptions extends NumericElementwiseOptions {
  /** Möbius maps in the mixture. Default: 8. */
  readonly components?: number;
  /** Largest `|w|`, below 1: slopes lie between `(1 - r) / (1 + r)` and its reciprocal. Default: 0.95, slopes up to 39. */
  readonly maxRadius?: number;
}

/** Centres of an untrained mixture lie on a circle so small that the map is the identity up to about this. */
const START_GAP = 1e-5;

/**
 * Convex combination of Möbius maps of the circle, angles in radians. With `z = (cos θ, sin θ)` and centres `w` in the unit
 * disk, `h_w(z) = (1 - |w|²)/|z - w|² (z - w) - w` moves the angle by
 *
 * `d(θ; w) = 2 atan( (w₁ sin θ - w₂ cos θ) / (1 - w · z) )`,
 *
 * a smooth function on the circle, so that angles are mixed without a cut. Data → base:
 *
 * `φ + θ + Σₖ ρₖ d(θ; wₖ)` modulo 2π, `log-slope = log Σₖ ρₖ (1 - |wₖ|²)/|z - wₖ|²`,
 *
 * `ρ` a softmax, `w = r v / √(1 + |v|²)` with `r = maxRadius`, `φ` a phase. (Maps turned so that one point stays fixed
 * differ from these by a phase alone.) Raw parameters: logits of `ρ` and two rows of `v`, `components` each, and `φ`; without
 * the logit for one component.
 *
 * One component has a closed inverse, `h_{-w}`; of several it is numeric, with the derivatives of the implicit function.
 *
 * Source: Rezende et al., "Normalizing flows on tori and spheres", 2020, section 2.2.
 *
 * @cost forward: numeric (a formula for one component); inverse: formula
 * @throws FlowNumericsError from the numeric direction, when a row has not converged after `maxSteps` evaluations.
 */
export class Moebius extends NumericElementwise {
  static override readonly className = 'Moebius';
  static override readonly samples = [
    () => new Moebius({ components: 4 }),
    () => new Moebius({ components: 1 }),
    () => new Moebius({ components: 2, maxRadius: 0.8 }),
  ];

  readonly parameterCount: number;
  override readonly circular = true;
  override readonly domainIn = CIRCLE;
  override readonly domainOut = CIRCLE;
  readonly #components: number;
  readonly #maxRadius: number;

  /** @throws FlowConfigError for a number of components or a radius out of range. */
  constructor({ components = 8, maxRadius = 0.95, ...search }: MoebiusOptions = {}) {
    super(search);
    checkCount('Moebius', 'components', components);
    if (!(maxRadius > 0 && maxRadius < 1)) {
      throw new FlowConfigError('Moebius', { expected: 'maxRadius between 0 and 1', got: String(maxRadius) });
    }
    this.#components = components;
    this.#maxRadius = maxRadius;
    this.parameterCount = components === 1 ? 3 : 3 * components + 1;
  }

  /**
   * Centres that stand around the origin, so close to it that they cancel each other, and yet apart: were they equal, they
   * would be trained alike for ever.
   */
  identityParameters(): number[] {
    const count = this.#components;
    if (count === 1) return [0, 0, 0];
    const radius = Math.min(0.4, START_GAP ** (1 / count)) * this.#maxRadius;
    const raw = radius / Math.sqrt(this.#maxRadius ** 2 - radius ** 2);
    const angles = Array.from({ length: count }, (_, k) => (2 * Math.PI * k) / count);
    return [
      ...angles.map(() => 0),
      ...angles.map((angle) => raw * Math.cos(angle)),
      ...angles.map((angle) => raw * Math.sin(angle)),
      0,
    ];
  }

  override forward(x: Tensor, raw: Tensor): ElementwiseResult {
    if (this.#components === 1) {
      const { centres, phase } = this.#parts(raw);
      const back = mixture(tf.sub(x, phase), { ...centres, x: tf.neg(centres.x), y: tf.neg(centres.y) });
      return { value: wrapAngle(back.value), logDet: back.logSlope };
    }
    // Of all angles that `x` stands for, the one between the values at -π and π.
    const curve = this.curve(raw);
    const lifted = tf.add(
      x,
      withoutGradient([x], (angle) => {
        const { value: lowest } = curve(tf.fill(angle.shape, -Math.PI));
        return tf.mul(tf.neg(tf.floor(tf.div(tf.sub(angle, lowest), 2 * Math.PI))), 2 * Math.PI);
      }),
    );
    const { value, logDet } = super.forward(lifted, raw);
    return { value: wrapAngle(value), logDet };
  }

  override inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    const { value, logDet } = super.inverse(y, raw);
    return { value: wrapAngle(value), logDet };
  }

  /** The map without wrapping: increasing, and 2π higher one turn further. */
  protected override curve(raw: Tensor): Curve {
    const { centres, phase } = this.#parts(raw);
    return (x) => {
      const { value, logSlope } = mixture(x, centres);
      return { value: tf.add(value, phase), logSlope };
    };
  }

  #parts(raw: Tensor): { centres: Centres; phase: Tensor } {
    const count = this.#components;
    const [logits, first, second, phase] = cut(raw, [count === 1 ? 0 : count, count, count, 1]);
    // Neither `rsqrt`, whose gradient is a power, nor `atan` can be part of a planned step.
    const shrink = tf.div(this.#maxRadius, tf.sqrt(tf.add(tf.add(tf.square(first), tf.square(second)), 1)));
    const centres = {
      weights: count === 1 ? null : tf.softmax(logits),
      x: tf.mul(first, shrink),
      y: tf.mul(second, shrink),
    };
    return { centres, phase: tf.reshape(phase, [-1]) };
  }

  override getConfig(): Config {
    return { components: this.#components, maxRadius: this.#maxRadius, ...super.getConfig() };
  }
}

/** Centres of Möbius maps, `[n, components]` each; weights are null for one component. */
interface Centres {
  readonly weights: Tensor | null;
  readonly x: Tensor;
  readonly y: Tensor;
}

/** The mean of the angles that the maps give, without wrapping, and its log-slope. */
function mixture(angle: Tensor, { weights, x, y }: Centres): ReturnType<Curve> {
  const [cos, sin] = [tf.expandDims(tf.cos(angle), 1), tf.expandDims(tf.sin(angle), 1)];
  const across = tf.sub(tf.mul(x, sin), tf.mul(y, cos));
  const along = tf.sub(1, tf.add(tf.mul(x, cos), tf.mul(y, sin)));
  const moves = tf.mul(angleOf(across, along), 2);
  const squaredRadius = tf.add(tf.square(x), tf.square(y));
  // As 1 - 2 w·z + |w|² it would lose its digits next to a centre, and from z - w those that a GPU's sines lack.
  const squaredDistance = tf.add(tf.square(along), tf.square(across));
  const slopes = tf.div(tf.sub(1, squaredRadius), squaredDistance);
  const mean = (terms: Tensor) => tf.sum(weights ? tf.mul(terms, weights) : terms, 1);
  return { value: tf.add(angle, mean(moves)), logSlope: tf.log(mean(slopes)) };
}
