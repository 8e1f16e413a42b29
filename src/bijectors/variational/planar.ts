import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { MLP } from '../../conditioners/mlp.js';
import { cut, softplusInverse } from '../../elementwise/parameters.js';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import {
  checkInversion,
  givenInversion,
  invertMonotone,
  type InversionOptions,
} from '../../numerics/invert-monotone.js';
import { RandomStream, type Seed } from '../../random.js';
import type { ValueAndLogDet } from '../bijector.js';
import { checkNumbers } from '../check-numbers.js';
import { Amortized, type AmortizedOptions } from './amortized.js';
import { logTanhSlope } from './tanh-slope.js';

/** Options of {@link Planar}. */
export interface PlanarOptions extends AmortizedOptions, InversionOptions {
  /** Seed of the initial direction. Default: 0. */
  readonly seed?: Seed;
}

/** What a planar map does, as it is written in the formula. */
export interface PlanarValues {
  /** Direction in which points are moved. */
  readonly u: readonly number[];
  /** Normal of the planes of points that are moved alike; `w · u > -1`. */
  readonly w: readonly number[];
  /** Offset of the plane about which points are moved, `w · x + b = 0`. */
  readonly b: number;
}

/** Keeps `w = 0` from a division by zero. */
const LEAST_SQUARE = 1e-12;

/**
 * A planar map, which pushes points along one direction, by an amount that depends on their distance from a plane. With raw
 * parameters `u`, `w` (`dims` each) and `b`,
 *
 * `forward: y = x + û tanh(w · x + b)`, `û = u + (softplus(w · u) - 1 - w · u) w / |w|²`,
 * `log |det dy/dx| = log (1 + w · û h′)`, `h′ = 1 - tanh²(w · x + b)`.
 *
 * So `w · û = softplus(w · u) - 1 > -1`, which makes it invertible. The inverse has no formula, but along `w` it is one increasing
 * function of `a = w · x + b`: `a + (w · û) tanh a = w · y + b` is solved numerically, with the derivatives of the implicit
 * function, and looks at the numbers on the way; then `x = y - û tanh a`. It starts as the identity.
 *
 * Source: Rezende and Mohamed, "Variational inference with normalizing flows", 2015, section 4.1 and appendix A.1.
 *
 * @cost forward: formula; inverse: numeric (one search)
 * @throws FlowNumericsError from `inverse`, when a row has not converged after `maxSteps` evaluations.
 */
export class Planar extends Amortized {
  static override readonly className = 'Planar';
  static override readonly samples = [
    () => new Planar({ dims: 1, seed: 'sample' }),
    () => {
      const conditioner = new MLP({
        inputs: 0,
        outputs: 7,
        hidden: [8],
        activation: 'tanh',
        contextShape: [2],
        seed: 3,
      });
      return new Planar({ dims: 3, conditioner });
    },
  ];

  readonly #inversion: InversionOptions;
  readonly #config: Config;

  /** @throws FlowConfigError for `dims` that is no positive integer, a conditioner of other sizes, or a search without steps. */
  constructor(options: PlanarOptions) {
    const stream = RandomStream.from(options.seed ?? 0);
    super(options, (dims) => initialParameters(dims, stream));
    this.#inversion = givenInversion(options);
    checkInversion('Planar', this.#inversion);
    this.#config = { seed: stream.key, ...this.#inversion };
  }

  /**
   * The map with these values of `û`, `w` and `b`.
   *
   * @throws FlowConfigError for lists of two lengths, numbers that are not finite, `w = 0`, or `w · u ≤ -1`, for which there is no
   *   inverse.
   */
  static of({ u, w, b }: PlanarValues, search: InversionOptions = {}): Planar {
    checkNumbers('Planar.of', w, u.length, Number.isFinite, 'finite numbers `w`, as many as `u`');
    checkNumbers('Planar.of', [...u, b], u.length + 1, Number.isFinite, 'finite numbers `u` and `b`');
    const square = w.reduce((sum, value) => sum + value * value, 0);
    const along = w.reduce((sum, value, i) => sum + value * u[i], 0);
    if (!(square > LEAST_SQUARE && along > -1)) {
      throw new FlowConfigError('Planar.of', {
        expected: '`w` other than zero, and `w · u > -1`',
        got: `|w|² = ${square}, w · u = ${along}`,
        hint: 'Beyond, the map folds space and has no inverse.',
      });
    }
    const raw = softplusInverse(1 + along);
    const values = [...u.map((value, i) => value + ((raw - along) * w[i]) / square), ...w, b];
    const planar = new Planar({ dims: u.length, ...search });
    planar.setParameters(values);
    return planar;
  }

  protected override push(x: Tensor, raw: Tensor): ValueAndLogDet {
    const { moved, w, b, lift } = this.#direction(raw);
    const height = tf.tanh(tf.add(tf.sum(tf.mul(x, w), 1), b));
    return [tf.add(x, tf.mul(moved, tf.expandDims(height, 1))), logTanhSlope(height, lift)];
  }

  protected override pull(y: Tensor, raw: Tensor): ValueAndLogDet {
    const { moved, w, b, lift } = this.#direction(raw);
    const target = tf.add(tf.sum(tf.mul(y, w), 1), b);
    const curve = (a: Tensor) => {
      const height = tf.tanh(a);
      return { value: tf.add(a, tf.mul(tf.sub(lift, 1), height)), logSlope: logTanhSlope(height, lift) };
    };
    const root = invertMonotone('Planar.inverse', curve, target, this.#inversion);
    const height = tf.tanh(root.value);
    return [tf.sub(y, tf.mul(moved, tf.expandDims(height, 1))), tf.neg(root.logSlope)];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...this.#config };
  }

  /** `û` (`moved`), `w` as `[rows, dims]`; `b` and `lift = 1 + w · û > 0` as `[rows]`. */
  #direction(raw: Tensor) {
    const [u, w, b] = cut(raw, [this.dims, this.dims, 1]);
    const square = tf.sum(tf.square(w), 1);
    const along = tf.sum(tf.mul(w, u), 1);
    const bounded = tf.maximum(square, LEAST_SQUARE);
    const change = tf.div(tf.sub(tf.sub(tf.softplus(along), 1), along), bounded);
    const moved = tf.add(u, tf.mul(w, tf.expandDims(change, 1)));
    // softplus(w · u), except where w is as good as zero.
    const share = tf.div(square, bounded);
    const lift = tf.add(tf.mul(share, tf.softplus(along)), tf.mul(tf.sub(1, share), tf.add(along, 1)));
    return { moved, w, b: tf.reshape(b, [-1]), lift };
  }
}

/** A random direction of length one, and with it `û = 0`. */
function initialParameters(dims: number, stream: RandomStream): number[] {
  const drawn = [...stream.normal(dims)];
  const length = Math.hypot(...drawn);
  const w = drawn.map((value) => value / length);
  return [...w.map((value) => value * softplusInverse(1)), ...w, 0];
}
