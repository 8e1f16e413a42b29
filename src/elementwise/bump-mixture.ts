import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { REALS, type Interval } from '../interval.js';
import { bumpSums } from '../kernels/bumps/op.js';
import type { BumpAttributes } from '../kernels/bumps/spec.js';
import type { Config } from '../module.js';
import type { Curve, CurvePoint } from '../numerics/invert-monotone.js';
import {
  bumpParameterCount,
  bumpShape,
  bumpsOf,
  startingBumps,
  startingGap,
  type BumpOptions,
  type BumpPlacement,
  type BumpsAndFloor,
  type BumpShape,
} from './bump-parameters.js';
import { NumericElementwise } from './numeric-elementwise.js';
import { inBox, splineBox, type SplineBox } from './spline-box.js';

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
 * `z = ((1 - c) (F(x) - F(0)) + c x) / N`, `dz/dx = ((1 - c) F′(x) + c) / N`, `N = (1 - c) (F(1) - F(0)) + c`,
 *
 * `F = Σₖ πₖ S(eˢₖ (x - mₖ))`, and `S` the step from 0 to 1 made of two ramps `exp(α (1 - t^-b))`, which vanish at 0 with all
 * derivatives. `c` bounds the density away from zero. Raw parameters: logits of `π`, distances of the centres (in order),
 * `s`, sharpness `α`, `components` each, and `c`. `forward` is numeric, with the derivatives of the implicit function.
 *
 * With `linear` boundaries `N = 1`, and beyond the interval the slope is `c`.
 *
 * Every bump has one mode; the start is almost the identity. Of the publication's floors, one a bump, only a sum has an
 * effect: it is the one here.
 *
 * Source: Köhler, Krämer, Noé, "Smooth normalizing flows", 2021, section 3.
 *
 * @example
 * new Coupling({
 *   mask: [true, false],
 *   transform: new BumpMixture({ components: 16 }),
 *   conditioner: (request) => new MLP({ ...request, hidden: [64, 64], activation: 'silu' }),
 * });
 */
export class BumpMixture extends NumericElementwise {
  static override readonly className = 'BumpMixture';
  static override readonly samples = [
    () => new BumpMixture({ components: 8 }),
    () => new BumpMixture({ components: 5, interval: [-2, 3], exponent: 2 }),
    () => new BumpMixture({ components: 4, interval: [-3, 3], boundaries: 'linear', exponent: 0.75, minDensity: 0.01 }),
  ];

  override readonly parameterCount: number;
  override readonly domainIn: Interval;
  override readonly domainOut: Interval;
  /** How far the start may be from the identity, relative to `1 + |x|`. */
  readonly identityGap: number;
  readonly #shape: BumpShape;
  readonly #box: SplineBox;
  readonly #placement: BumpPlacement;
  readonly #kind: BumpAttributes;

  /** @throws FlowConfigError for an empty interval, or a number out of range. */
  constructor({ interval = [0, 1], boundaries = 'bounded', ...options }: BumpMixtureOptions = {}) {
    super(options);
    this.#shape = bumpShape('BumpMixture', options);
    this.#box = splineBox('BumpMixture', { interval, boundaries });
    this.#kind = { exponent: this.#shape.exponent, circular: false };
    this.#placement = boundaries === 'linear' ? 'inside' : 'anywhere';
    this.domainIn = this.domainOut = boundaries === 'linear' ? REALS : interval;
    this.identityGap = startingGap(this.#shape, this.#placement) * (interval[1] - interval[0]);
    this.parameterCount = bumpParameterCount(this.#shape);
  }

  /** Equal bumps that overlap so far that their sum is almost uniform. */
  identityParameters(): number[] {
    return startingBumps(this.#shape, this.#placement);
  }

  protected override curve(raw: Tensor): Curve {
    const parts = bumpsOf(raw, this.#shape, this.#placement);
    return this.#placement === 'inside' ? this.#onLine(parts) : this.#onInterval(parts);
  }

  override getConfig(): Config {
    const { low, high, boundaries } = this.#box;
    return { ...this.#shape, interval: [low, high], boundaries, ...super.getConfig() };
  }

  #onInterval({ bumps, floor }: BumpsAndFloor): Curve {
    const rest = tf.sub(1, floor);
    const { value: before } = bumpSums(tf.zerosLike(floor), bumps, this.#kind);
    const { value: until } = bumpSums(tf.onesLike(floor), bumps, this.#kind);
    const total = tf.add(tf.mul(rest, tf.sub(until, before)), floor);
    return (x) => {
      const { value, logDet } = inBox(x, this.#box, (unit) => {
        const { value, slope } = bumpSums(unit, bumps, this.#kind);
        const mass = tf.add(tf.mul(rest, tf.sub(value, before)), tf.mul(floor, unit));
        const density = tf.add(tf.mul(rest, slope), floor);
        return { value: tf.div(mass, total), logDet: tf.log(tf.div(density, total)) };
      });
      return { value, logSlope: logDet };
    };
  }

  #onLine({ bumps, floor }: BumpsAndFloor): Curve {
    const { low, high } = this.#box;
    const rest = tf.sub(1, floor);
    return (x): CurvePoint => {
      const unit = tf.div(tf.sub(x, low), high - low);
      const { value, slope } = bumpSums(unit, bumps, this.#kind);
      const mass = tf.add(tf.mul(rest, value), tf.mul(floor, unit));
      const density = tf.add(tf.mul(rest, slope), floor);
      return { value: tf.add(tf.mul(mass, high - low), low), logSlope: tf.log(density) };
    };
  }
}
