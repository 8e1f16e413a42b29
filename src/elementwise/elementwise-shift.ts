import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';

/**
 * `y = x + t` with the one raw parameter `t`; `log dy/dx = 0`.
 *
 * Source: Dinh, Krueger, Bengio, "NICE: Non-linear independent components estimation", 2015, section 3.2.
 *
 * @cost forward: formula; inverse: formula
 */
export class ElementwiseShift extends ElementwiseTransform {
  static override readonly className = 'ElementwiseShift';
  static override readonly samples = [() => new ElementwiseShift()];

  readonly parameterCount = 1;

  constructor(_options: Record<string, never> = {}) {
    super();
  }

  identityParameters(): number[] {
    return [0];
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    return { value: tf.add(x, tf.squeeze(raw, [1])), logDet: tf.zerosLike(x) };
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    return { value: tf.sub(y, tf.squeeze(raw, [1])), logDet: tf.zerosLike(y) };
  }

  getConfig(): Config {
    return {};
  }
}
