import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { CoordinateMap, type CoordinateMapOptions } from './coordinate-map.js';

/**
 * `y = exp(x)`, elementwise, onto the positive numbers; `log dy/dx = x`.
 * Beyond `x = 88.7` the value exceeds float32 and is `Infinity`; the log-determinant stays right.
 *
 * @cost forward: formula; inverse: formula
 */
export class Exp extends CoordinateMap {
  static override readonly className = 'Exp';
  static override readonly samples = [() => new Exp({ eventShape: [1] }), () => new Exp({ eventShape: [2, 2] })];

  constructor({ eventShape }: CoordinateMapOptions) {
    super(eventShape, [0, Infinity]);
  }

  protected override value(x: Tensor): Tensor {
    return tf.exp(x);
  }

  protected override inverseValue(y: Tensor): Tensor {
    return tf.log(y);
  }

  protected override logSlope(x: Tensor): Tensor {
    return x;
  }
}
