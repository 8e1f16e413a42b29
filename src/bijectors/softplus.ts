import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { CoordinateMap, type CoordinateMapOptions } from './coordinate-map.js';

/**
 * `y = log(1 + exp(x))`, elementwise, onto the positive numbers; nearly the identity for large `x`.
 * `x = y + log(1 - exp(-y))`, `log dy/dx = -softplus(-x)`.
 *
 * @cost forward: formula; inverse: formula
 */
export class Softplus extends CoordinateMap {
  static override readonly className = 'Softplus';
  static override readonly samples = [
    () => new Softplus({ eventShape: [2] }),
    () => new Softplus({ eventShape: [2, 1, 2] }),
  ];

  constructor({ eventShape }: CoordinateMapOptions) {
    super(eventShape, [0, Infinity]);
  }

  protected override value(x: Tensor): Tensor {
    return tf.softplus(x);
  }

  protected override inverseValue(y: Tensor): Tensor {
    return tf.add(y, tf.log(tf.neg(tf.expm1(tf.neg(y)))));
  }

  protected override logSlope(x: Tensor): Tensor {
    return tf.neg(tf.softplus(tf.neg(x)));
  }
}
