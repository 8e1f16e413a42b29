import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import { CIRCLE, wrapAngle } from './circle.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';

/**
 * A turn of the circle: `y = x + φ` modulo 2π, with the one raw parameter `φ` in radians; `log dy/dx = 0`.
 *
 * Source: Rezende et al., "Normalizing flows on tori and spheres", 2020, section 2.1 (phase translation).
 *
 * @cost forward: formula; inverse: formula
 */
export class CircularShift extends ElementwiseTransform {
  static override readonly className = 'CircularShift';
  static override readonly samples = [() => new CircularShift()];

  readonly parameterCount = 1;
  override readonly circular = true;
  override readonly domainIn = CIRCLE;
  override readonly domainOut = CIRCLE;

  constructor(_options: Record<string, never> = {}) {
    super();
  }

  identityParameters(): number[] {
    return [0];
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    return { value: wrapAngle(tf.add(x, tf.squeeze(raw, [1]))), logDet: tf.zerosLike(x) };
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    return { value: wrapAngle(tf.sub(y, tf.squeeze(raw, [1]))), logDet: tf.zerosLike(y) };
  }

  getConfig(): Config {
    return {};
  }
}
