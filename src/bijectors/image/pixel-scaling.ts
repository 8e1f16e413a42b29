import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../../module.js';
import { sizeOf, type Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { checkEnds } from '../check-numbers.js';
import { checkBits } from './check-bits.js';

/** Options of {@link PixelScaling}. */
export interface PixelScalingOptions {
  /** Shape of one image, `[height, width, channels]`. */
  readonly eventShape: Shape;
  /** Bits a pixel value has: pixels lie in [0, 2^bits). Default: 8. */
  readonly bits?: number;
  /** What 0 becomes. Default: -0.5. */
  readonly low?: number;
  /** What 2^bits becomes. Default: 0.5. */
  readonly high?: number;
}

/**
 * Pixels `u` in [0, 2^bits) on the data side, numbers of order one on the base side, elementwise:
 * `x = low + (high − low) u / 2^bits`, `log |det dx/du| = D log((high − low) / 2^bits)` for `D` numbers an image.
 *
 * The default, `u / 2^bits − 1/2`, is that of Glow (Kingma and Dhariwal, 2018); transformer flows take [-1, 1]. Put it
 * last in a chain: the flow is then a density of pixels, and its bits per dimension need no correction.
 *
 * @cost forward: formula; inverse: formula
 * @domain numbers of order one → pixels in [0, 2^bits)
 * @example
 * const bijector = new Chain({ bijectors: [...layers, new PixelScaling({ eventShape: [28, 28, 1] })] });
 */
export class PixelScaling extends Bijector {
  static override readonly className = 'PixelScaling';
  static override readonly samples = [
    () => new PixelScaling({ eventShape: [2, 2, 1] }),
    () => new PixelScaling({ eventShape: [2], bits: 5, low: -1, high: 1 }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  /** Bits of a pixel value. */
  readonly bits: number;
  /** What a pixel of 0 becomes on the base side. */
  readonly low: number;
  /** What one of 2^bits becomes. */
  readonly high: number;

  /** @throws FlowConfigError unless `bits` is a whole number from 1 to 16 and `low < high`, both finite. */
  constructor({ eventShape, bits = 8, low = -0.5, high = 0.5 }: PixelScalingOptions) {
    super();
    checkBits('PixelScaling', bits);
    checkEnds('PixelScaling', low, high);
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.bits = bits;
    this.low = low;
    this.high = high;
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return [tf.div(tf.sub(x, this.low), this.#slope), tf.scalar(-this.#logDet)];
  }

  protected override mapInverse(u: Tensor): ValueAndLogDet {
    return [tf.add(tf.mul(u, this.#slope), this.low), tf.scalar(this.#logDet)];
  }

  /** `dx/du`; a power of two for the usual ranges, so that nothing is rounded. */
  get #slope(): number {
    return (this.high - this.low) / 2 ** this.bits;
  }

  get #logDet(): number {
    return sizeOf(this.eventShapeIn) * Math.log(this.#slope);
  }

  override getConfig(): Config {
    return { eventShape: this.eventShapeIn, bits: this.bits, low: this.low, high: this.high };
  }
}
