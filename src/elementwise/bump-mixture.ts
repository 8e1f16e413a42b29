import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { REALS, type Interval } from '../interval.js';
import { bumpRoots, bumpSums, type Bumps } from '../kernels/bumps/op.js';
import type { BumpAttributes } from '../kernels/bumps/spec.js';
import { clamp } from '../kernels/clamp/op.js';
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
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';
import { splineBox, type SplineBox } from './spline-box.js';

/** Options of {@link BumpMixture}. */
export interface BumpMixtureOptions extends BumpOptions {
  /** The map takes `[low, high]` onto itself. Default: [0, 1]. */
  readonly interval?: Interval;
  /**
   * `bounded` (default): the data lie in the interval. `linear`: they lie anywhere; bumps keep inside of the interval, so
   * that beyond it the map is a straight line, joined with all derivatives.
   */
  readonly boundaries?: 'bounded' | 'linear';
}

/**
 * Distribution function of a mixture of smooth bumps and a uniform density: a map of an interval onto itself with
 * derivatives of every order, for densities that have smooth forces. Data → base, on the unit interval,
 *
 * `z = (V(x) - V(0)) / (V(1) - V(0))`, `V(x) = c x + (1 - c) Σₖ πₖ S(eˢₖ (x - aₖ))`,
 *
 * with `S` the step from 0 to 1 made of two ramps `exp(α (1 - t^-b))`, which vanish at 0 with all derivatives, and `c` a floor
 * of the density. Raw parameters: logits of `π`, distances of the bumps' centres (which lie in order), `s`, sharpness `α`,
 * `components` each, and `c`.
 *
 * With `linear` boundaries bumps are whole, `z = V(x)`, and beyond the interval the slope is `c`.
 *
 * `forward` finds the root numerically, inside of a bracket that is known, so that the search always ends; its derivatives
 * are those of the implicit function, of every order. A base value outside of the interval counts as the end next to it.
 *
 * Every bump has one mode. The start is almost the identity. Of the publication's floors, one a bump, only the sum has an
 * effect: it is the one here.
 *
 * Source: Köhler, Krämer, Noé, "Smooth normalizing flows", 2021, section 3.
 *
 * @cost forward: numeric (inside of a bracket, always ends); inverse: formula
 * @domain an interval, or ℝ
 * @example
 * new Coupling({
 *   mask: [true, false],
 *   transform: new BumpMixture({ components: 16 }),
 *   conditioner: (request) => new MLP({ ...request, hidden: [64, 64], activation: 'silu' }),
 * });
 */
export class BumpMixture extends ElementwiseTransform {
  static override readonly className = 'BumpMixture';
  static override readonly samples = [
    () => new BumpMixture({ components: 5, interval: [-2, 3], exponent: 2, minDensity: 0.01 }),
    () => new BumpMixture({ components: 4, interval: [-3, 3], boundaries: 'linear', exponent: 0.75, minDensity: 0.01 }),
  ];

  override readonly parameterCount: number;
  override readonly domainIn: Interval;
  override readonly domainOut: Interval;
  /** How far the start may be from the identity, relative to `1 + |x|`. */
  readonly identityGap: number;
  readonly #shape: BumpShape;
  readonly #attributes: BumpAttributes;
  readonly #box: SplineBox;
  readonly #placement: 'anywhere' | 'inside';

  /** @throws FlowConfigError for an empty interval, or a number out of range. */
  constructor({ interval = [0, 1], boundaries = 'bounded', ...options }: BumpMixtureOptions = {}) {
    super();
    this.#shape = bumpShape('BumpMixture', options);
    this.#attributes = { exponent: this.#shape.exponent, circular: false };
    this.#box = splineBox('BumpMixture', { interval, boundaries });
    this.#placement = boundaries === 'linear' ? 'inside' : 'anywhere';
    this.domainIn = this.domainOut = boundaries === 'linear' ? REALS : interval;
    this.identityGap = startingGap(this.#shape, this.#placement) * (interval[1] - interval[0]);
    this.parameterCount = bumpParameterCount(this.#shape);
  }

  /** Equal bumps that overlap so far that their sum is almost uniform. */
  identityParameters(): number[] {
    return startingBumps(this.#shape, this.#placement);
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    const { low, high } = this.#box;
    const bumps = bumpsOf(raw, this.#shape, this.#placement);
    const ends = this.#ends(bumps);
    const root = withoutGradient([x], (at) => {
      const unit = tf.div(tf.sub(at, low), high - low);
      const inside = tf.clipByValue(unit, 0, 1);
      const level = ends ? tf.add(tf.mul(inside, ends.mass), ends.before) : inside;
      const found = bumpRoots(level, bumps, this.#attributes);
      const beyond = tf.div(tf.sub(unit, inside), bumps.floor);
      return tf.add(tf.mul(ends ? found : tf.add(found, beyond), high - low), low);
    });
    const { value, logSlope } = differentiableRoot(this.#curve(bumps, ends), x, root);
    return { value, logDet: tf.neg(logSlope) };
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    const bumps = bumpsOf(raw, this.#shape, this.#placement);
    const { value, logSlope } = this.#curve(bumps, this.#ends(bumps))(y);
    return { value, logDet: logSlope };
  }

  getConfig(): Config {
    const { low, high, boundaries } = this.#box;
    return { ...this.#shape, interval: [low, high], boundaries };
  }

  /** `V(0)` and `V(1) - V(0)`; null where they are 0 and 1. */
  #ends(bumps: Bumps): Ends | null {
    if (this.#placement === 'inside') return null;
    const { value: before } = bumpSums(tf.zerosLike(bumps.floor), bumps, this.#attributes);
    const { value: until } = bumpSums(tf.onesLike(bumps.floor), bumps, this.#attributes);
    return { before, mass: tf.sub(until, before) };
  }

  #curve(bumps: Bumps, ends: Ends | null): Curve {
    const { low, high } = this.#box;
    return (x) => {
      const within = ends ? clamp(x, low, high) : x;
      const { value, slope } = bumpSums(tf.div(tf.sub(within, low), high - low), bumps, this.#attributes);
      const share = ends ? keptInUnit(tf.div(tf.sub(value, ends.before), ends.mass)) : value;
      const density = ends ? tf.div(slope, ends.mass) : slope;
      const inside = tf.add(tf.mul(share, high - low), low);
      // Beyond the ends of the data, a straight line.
      return {
        value: ends ? tf.add(inside, tf.mul(tf.sub(x, within), density)) : inside,
        logSlope: tf.log(density),
      };
    };
  }
}

/** Rounding can carry a share past an end, where a base may have no density; that much is taken off again. */
function keptInUnit(share: Tensor): Tensor {
  return tf.add(
    share,
    withoutGradient([share], (value) => tf.sub(tf.clipByValue(value, 0, 1), value)),
  );
}

/** What a mixture has before the interval, and within it. */
interface Ends {
  readonly before: Tensor;
  readonly mass: Tensor;
}
