import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { MLP } from '../../conditioners/mlp.js';
import { cut, softplusInverse } from '../../elementwise/parameters.js';
import { FlowConfigError } from '../../errors.js';
import { withoutGradient } from '../../kernels/stop-gradient/op.js';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { ValueAndLogDet } from '../bijector.js';
import { checkNumbers } from '../check-numbers.js';
import { Amortized, type AmortizedOptions } from './amortized.js';

/** Options of {@link Radial}. */
export interface RadialOptions extends AmortizedOptions {
  /** Seed of the initial centre. Default: 0. */
  readonly seed?: Seed;
}

/** What a radial map does, as it is written in the formula. */
export interface RadialValues {
  /** Where points are moved away from, or towards. */
  readonly center: readonly number[];
  /** Distance from the centre over which the movement falls off; positive. */
  readonly alpha: number;
  /** Strength: positive away from the centre, negative towards it; above `-alpha`. */
  readonly beta: number;
}

/** Least `α` and `α + β`. */
const LEAST = 1e-5;
/** Added to squared distances, whose root has no derivative at zero. */
const TINY = 1e-24;

/**
 * A radial map, which spreads or gathers points about a centre. With raw parameters `z₀` (`dims`), `a` and `s`, and
 * `r = |x - z₀|`,
 *
 * `forward: y = x + β (x - z₀) / (α + r)`, `α = softplus(a) + 1e-5`, `α + β = softplus(s) + 1e-5`,
 * `log |det dy/dx| = (D - 1) log ((α + β + r) / (α + r)) + log ((r² + 2 α r + α (α + β)) / (α + r)²)`.
 *
 * `α + β > 0` makes it invertible. Both directions are formulas: the distance `r′ = |y - z₀|` came from the positive root of
 * `r² + (α + β - r′) r - α r′ = 0`. It starts as the identity.
 *
 * Source: Rezende and Mohamed, "Variational inference with normalizing flows", 2015, section 4.1 and appendix A.2.
 *
 * @cost forward: formula; inverse: formula
 */
export class Radial extends Amortized {
  static override readonly className = 'Radial';
  static override readonly samples = [
    () => new Radial({ dims: 2 }),
    () => {
      const conditioner = new MLP({
        inputs: 0,
        outputs: 5,
        hidden: [8],
        activation: 'tanh',
        contextShape: [2],
        seed: 3,
      });
      return new Radial({ dims: 3, conditioner });
    },
  ];

  readonly #seed: string;

  /** @throws FlowConfigError for `dims` that is no positive integer, or a conditioner of other sizes. */
  constructor(options: RadialOptions) {
    const stream = RandomStream.from(options.seed ?? 0);
    super(options, (dims) => [...stream.normal(dims), softplusInverse(1), softplusInverse(1)]);
    this.#seed = stream.key;
  }

  /**
   * The map with these values.
   *
   * @throws FlowConfigError for numbers that are not finite, or `alpha` or `alpha + beta` that is not positive, for which there is
   *   no inverse.
   */
  static of({ center, alpha, beta }: RadialValues): Radial {
    checkNumbers('Radial.of', [...center, alpha, beta], center.length + 2, Number.isFinite, 'finite numbers');
    if (!(alpha > LEAST && alpha + beta > LEAST)) {
      throw new FlowConfigError('Radial.of', {
        expected: '`alpha > 0` and `alpha + beta > 0`',
        got: `alpha ${alpha}, beta ${beta}`,
        hint: 'Beyond, the map folds space at the centre and has no inverse.',
      });
    }
    const radial = new Radial({ dims: center.length });
    radial.setParameters([...center, softplusInverse(alpha - LEAST), softplusInverse(alpha + beta - LEAST)]);
    return radial;
  }

  protected override push(x: Tensor, raw: Tensor): ValueAndLogDet {
    const { center, alpha, sum } = this.#parts(raw);
    const offset = tf.sub(x, center);
    const r = length(offset);
    const factor = tf.div(tf.add(sum, r), tf.add(alpha, r));
    return [tf.add(center, tf.mul(offset, factor)), this.#logDet(r, alpha, sum)];
  }

  protected override pull(y: Tensor, raw: Tensor): ValueAndLogDet {
    const { center, alpha, sum } = this.#parts(raw);
    const offset = tf.sub(y, center);
    const r = innerLength(length(offset), alpha, sum);
    const factor = tf.div(tf.add(alpha, r), tf.add(sum, r));
    return [tf.add(center, tf.mul(offset, factor)), tf.neg(this.#logDet(r, alpha, sum))];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), seed: this.#seed };
  }

  /** The centre as `[rows, dims]`; `α` and `sum = α + β` as `[rows, 1]`. */
  #parts(raw: Tensor) {
    const [center, alpha, sum] = cut(raw, [this.dims, 1, 1]);
    return { center, alpha: tf.add(tf.softplus(alpha), LEAST), sum: tf.add(tf.softplus(sum), LEAST) };
  }

  /** At distance `r`, `[rows, 1]`, from the centre; all terms are positive. */
  #logDet(r: Tensor, alpha: Tensor, sum: Tensor): Tensor {
    const outer = tf.add(alpha, r);
    const around = tf.mul(tf.log(tf.div(tf.add(sum, r), outer)), this.dims - 1);
    // r / (α + r) and α / (α + r), so that nothing is squared that may be large.
    const [far, near] = [tf.div(r, outer), tf.div(alpha, outer)];
    const along = tf.add(tf.mul(far, tf.add(far, tf.mul(near, 2))), tf.mul(near, tf.div(sum, outer)));
    return tf.reshape(tf.add(around, tf.log(along)), [-1]);
  }
}

/** `|offset|`, `[rows, 1]`. */
function length(offset: Tensor): Tensor {
  return tf.sqrt(tf.add(tf.sum(tf.square(offset), 1, true), TINY));
}

/** The distance from the centre that the map takes to `outer`: the root of the quadratic, in the form that does not cancel. */
function innerLength(outer: Tensor, alpha: Tensor, sum: Tensor): Tensor {
  const excess = tf.sub(outer, sum);
  const sign = withoutGradient([excess], (v) => tf.sub(tf.mul(tf.cast(tf.greaterEqual(v, 0), 'float32'), 2), 1));
  const product = tf.mul(alpha, outer);
  const root = tf.sqrt(tf.add(tf.square(excess), tf.mul(product, 4)));
  // Twice the root of larger size.
  const large = tf.add(tf.mul(excess, sign), root);
  const positive = tf.mul(tf.add(sign, 1), 0.5);
  const other = tf.div(tf.mul(product, 2), large);
  return tf.add(tf.mul(positive, tf.mul(large, 0.5)), tf.mul(tf.sub(1, positive), other));
}
