import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Interval } from '../interval.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import type { RandomStream } from '../random.js';
import type { Shape } from '../shapes.js';
import { eventShapeOf, perCoordinate, type PerCoordinate } from './check.js';
import { Distribution } from './distribution.js';
import { sumOverEvent } from './sum-over-event.js';

/** Options of {@link Uniform}. */
export interface UniformOptions {
  /** Shape of one event. Default: one axis as long as `low` or `high`. */
  readonly eventShape?: Shape;
  /** Lower end of each coordinate. Default: 0. */
  readonly low?: PerCoordinate;
  /** Upper end of each coordinate, above the lower one. Default: 1. */
  readonly high?: PerCoordinate;
}

/**
 * Uniform on a closed box: `log p(x) = -Σ log(high - low)` inside, `-Infinity` outside.
 *
 * The ends are fixed: a box that moves has no density gradient to be trained by.
 */
export class Uniform extends Distribution {
  static override readonly className = 'Uniform';
  static override readonly samples = [
    () => new Uniform({ eventShape: [1], low: -2, high: 3 }),
    () => new Uniform({ low: [-1, 0], high: [1, 1] }),
    () => new Uniform({ eventShape: [3, 1] }),
  ];

  override readonly eventShape: Shape;
  override readonly support: Interval;
  override readonly reparameterised = true;
  readonly #low: Tensor;
  readonly #high: Tensor;
  readonly #logVolume: number;
  readonly #config: Config;

  /** @throws FlowConfigError for a bad shape, lists of another length, or an end that is not above the other. */
  constructor(options: UniformOptions) {
    super();
    const { low = 0, high = 1 } = options;
    const shape = eventShapeOf(this.className, options.eventShape, { low, high });
    const lows = perCoordinate(`${this.className}.low`, low, shape).map(Math.fround);
    const highs = perCoordinate(`${this.className}.high`, high, shape).map(Math.fround);
    const bad = lows.findIndex((value, i) => !(value < highs[i] && highs[i] - value < Infinity));
    if (bad >= 0) {
      throw new FlowConfigError(this.className, {
        expected: 'low < high in every coordinate',
        got: `[${lows[bad]}, ${highs[bad]}] at index ${bad}`,
      });
    }
    this.eventShape = shape;
    this.support = [Math.min(...lows), Math.max(...highs)];
    this.#low = this.parameter('low', shape, lows, false);
    this.#high = this.parameter('high', shape, highs, false);
    this.#logVolume = lows.reduce((sum, value, i) => sum + Math.log(highs[i] - value), 0);
    this.#config = { eventShape: shape, low, high };
  }

  protected override density(x: Tensor): Tensor {
    const outside = withoutGradient([x], (value) => {
      const beyond = tf.logicalOr(tf.less(value, this.#low), tf.greater(value, this.#high));
      return tf.greater(sumOverEvent(tf.cast(beyond, 'float32')), 0);
    });
    // The sum keeps the value tied to `x`, with the gradient zero that it has.
    const inside = tf.sub(sumOverEvent(tf.zerosLike(x)), this.#logVolume);
    return tf.where(outside, tf.fill(inside.shape, -Infinity), inside);
  }

  protected override draw(n: number, stream: RandomStream): Tensor {
    const unit = stream.uniformTensor([n, ...this.eventShape]);
    // Rounding can carry the sum past the upper end.
    return tf.minimum(tf.add(this.#low, tf.mul(unit, tf.sub(this.#high, this.#low))), this.#high);
  }

  override getConfig(): Config {
    return this.#config;
  }
}
