import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import { checkEnds } from './check-numbers.js';
import { CoordinateMap, type CoordinateMapOptions } from './coordinate-map.js';

/** Options of {@link Sigmoid} and {@link Logit}. */
export interface SigmoidOptions extends CoordinateMapOptions {
  /** Lower end of the bounded side. Default: 0. */
  readonly low?: number;
  /** Upper end of the bounded side. Default: 1. */
  readonly high?: number;
}

/**
 * The logistic function onto an interval, `y = low + (high - low) / (1 + exp(-x))`, elementwise;
 * `log dy/dx = log(high - low) - softplus(x) - softplus(-x)`.
 *
 * @cost forward: formula; inverse: formula
 * @domain ℝ → (low, high)
 */
export class Sigmoid extends CoordinateMap {
  static override readonly className = 'Sigmoid';
  static override readonly samples = [
    () => new Sigmoid({ eventShape: [2] }),
    () => new Sigmoid({ eventShape: [], low: -2, high: 3 }),
    () => new Sigmoid({ eventShape: [2, 3], low: 1, high: 1.5 }),
  ];

  /** Lower end of the image. */
  readonly low: number;
  /** Upper end of the image. */
  readonly high: number;

  /** @throws FlowConfigError unless `low < high`, both finite. */
  constructor({ eventShape, low = 0, high = 1 }: SigmoidOptions) {
    checkEnds('Sigmoid', low, high);
    super(eventShape, [low, high]);
    this.low = low;
    this.high = high;
  }

  protected override value(x: Tensor): Tensor {
    return tf.add(tf.mul(tf.sigmoid(x), this.high - this.low), this.low);
  }

  protected override inverseValue(y: Tensor): Tensor {
    return tf.sub(tf.log(tf.sub(y, this.low)), tf.log(tf.sub(this.high, y)));
  }

  protected override logSlope(x: Tensor): Tensor {
    return tf.sub(Math.log(this.high - this.low), tf.add(tf.softplus(x), tf.softplus(tf.neg(x))));
  }

  override getConfig(): Config {
    return { eventShape: this.eventShapeIn, low: this.low, high: this.high };
  }
}
