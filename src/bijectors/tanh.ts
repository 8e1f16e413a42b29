import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { CoordinateMap, type CoordinateMapOptions } from './coordinate-map.js';

/**
 * `y = tanh(x)`, elementwise, onto (-1, 1); `log dy/dx = log(1 - tanh² x) = 2 (log 2 - x - softplus(-2x))`, which stays
 * exact where `1 - tanh² x` rounds to zero.
 *
 * @cost forward: formula; inverse: formula
 */
export class Tanh extends CoordinateMap {
  static override readonly className = 'Tanh';
  static override readonly samples = [() => new Tanh({ eventShape: [1] }), () => new Tanh({ eventShape: [3] })];

  constructor({ eventShape }: CoordinateMapOptions) {
    super(eventShape, [-1, 1]);
  }

  protected override value(x: Tensor): Tensor {
    return tf.tanh(x);
  }

  protected override inverseValue(y: Tensor): Tensor {
    return tf.mul(tf.sub(tf.log(tf.add(1, y)), tf.log(tf.sub(1, y))), 0.5);
  }

  protected override logSlope(x: Tensor): Tensor {
    return tf.mul(tf.sub(Math.LN2, tf.add(x, tf.softplus(tf.mul(x, -2)))), 2);
  }
}
