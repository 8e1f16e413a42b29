import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { bumpRoots, bumpSums, type Bumps } from '../kernels/bumps/op.js';
import type { BumpAttributes } from '../kernels/bumps/spec.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import { differentiableRoot, type Curve } from '../numerics/invert-monotone.js';
import {
  bumpParameterCount,
  bumpShape,
  bumpsOf,
  startingBumps,
  startingGap,
  type BumpOptions,
  type BumpShape,
} from './bump-parameters.js';
import { CIRCLE, wrapAngle } from './circle.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';
import { cut } from './parameters.js';

const TURN = 2 * Math.PI;

/**
 * Distribution function of a mixture of smooth bumps and a uniform density on the circle, angles in radians: a map of the
 * circle onto itself with derivatives of every order. Data → base, with angles counted in turns,
 *
 * `z = φ + c x + (1 - c) Σₖ πₖ (Sₖ(x) + μₖ - ½)` modulo a turn, `Sₖ(x) = S(eˢₖ frac(x - aₖ)) + floor(x - aₖ)`,
 *
 * the `S` of `BumpMixture`, `aₖ` and `μₖ` where a bump begins and has its middle, which alone it would leave in place. Bumps
 * are no wider than the circle, so that nothing shows where they are cut. Raw parameters: logits of `π`, distances of the
 * middles (which lie in order), `s`, sharpness `α`, `components` each, `c`, and the phase `φ`, in radians.
 *
 * `forward` finds the root numerically, inside of a bracket that is known, so that the search always ends; its derivatives
 * are those of the implicit function, of every order.
 *
 * Source: Köhler, Krämer, Noé, "Smooth normalizing flows", 2021, section 3. There each bump is moved so that 0 stays in
 * place, which differs by a phase.
 *
 * @cost forward: numeric (inside of a bracket, always ends); inverse: formula
 */
export class CircularBumpMixture extends ElementwiseTransform {
  static override readonly className = 'CircularBumpMixture';
  static override readonly samples = [
    () => new CircularBumpMixture({ components: 8 }),
    () => new CircularBumpMixture({ components: 5, exponent: 2, minDensity: 0.01 }),
  ];

  override readonly parameterCount: number;
  override readonly circular = true;
  override readonly domainIn = CIRCLE;
  override readonly domainOut = CIRCLE;
  /** How far the start may be from the identity, relative to `1 + |x|`. */
  readonly identityGap: number;
  readonly #shape: BumpShape;
  readonly #attributes: BumpAttributes;

  /** @throws FlowConfigError for a number out of range. */
  constructor(options: BumpOptions = {}) {
    super();
    this.#shape = bumpShape('CircularBumpMixture', options);
    this.#attributes = { exponent: this.#shape.exponent, circular: true };
    this.identityGap = startingGap(this.#shape, 'circle') * TURN;
    this.parameterCount = bumpParameterCount(this.#shape) + 1;
  }

  /** Equal bumps that overlap so far that their sum is almost uniform, and no phase. */
  identityParameters(): number[] {
    return [...startingBumps(this.#shape, 'circle'), 0];
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    const { bumps, phase } = this.#parts(raw);
    const root = withoutGradient([x], (at) => {
      const level = tf.div(tf.sub(at, phase), TURN);
      return tf.mul(bumpRoots(level, bumps, this.#attributes), TURN);
    });
    const { value, logSlope } = differentiableRoot(this.#curve(bumps, phase), x, root);
    return { value: wrapAngle(value), logDet: tf.neg(logSlope) };
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    const { bumps, phase } = this.#parts(raw);
    const { value, logSlope } = this.#curve(bumps, phase)(y);
    return { value: wrapAngle(value), logDet: logSlope };
  }

  getConfig(): Config {
    return { ...this.#shape };
  }

  /** Bumps in turns, and what is added to their sum, in radians. */
  #parts(raw: Tensor): { bumps: Bumps; phase: Tensor } {
    const [own, phase] = cut(raw, [this.parameterCount - 1, 1]);
    const bumps = bumpsOf(own, this.#shape, 'circle');
    const middles = tf.add(bumps.starts, tf.div(0.5, bumps.rates));
    const shift = tf.sum(tf.mul(bumps.weights, tf.sub(middles, 0.5)), 1);
    return { bumps, phase: tf.add(tf.mul(shift, TURN), tf.reshape(phase, [-1])) };
  }

  /** The map without wrapping: increasing, and 2π higher one turn further. */
  #curve(bumps: Bumps, phase: Tensor): Curve {
    return (x) => {
      const { value, slope } = bumpSums(tf.div(x, TURN), bumps, this.#attributes);
      return { value: tf.add(tf.mul(value, TURN), phase), logSlope: tf.log(slope) };
    };
  }
}
