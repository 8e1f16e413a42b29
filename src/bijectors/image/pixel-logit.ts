import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import type { Shape } from '../../shapes.js';
import { CoordinateMap } from '../coordinate-map.js';
import { checkBits } from './check-bits.js';

/** Options of {@link PixelLogit}. */
export interface PixelLogitOptions {
  /** Shape of one image, `[height, width, channels]`. */
  readonly eventShape: Shape;
  /** Bits a pixel value has: pixels lie in [0, 2^bits). Default: 8. */
  readonly bits?: number;
  /** How far the ends are kept from 0 and 1, in (0, 1/2). Default: 0.05, as in RealNVP. */
  readonly alpha?: number;
}

/**
 * Pixels `u` in [0, 2^bits) on the data side, reals on the base side, elementwise:
 *
 * `p = α + (1 − 2α) u / 2^bits`, `x = log p − log(1 − p)`,
 * `log dx/du = log((1 − 2α) / 2^bits) − log p − log(1 − p)`
 *
 * (Dinh, Sohl-Dickstein and Bengio, "Density estimation using Real NVP", 2017, section 4.1). With it a flow gives next to
 * nothing of its mass to what is no pixel: only a margin of `α 2^bits / (1 − 2α)` on either side.
 *
 * @cost forward: formula; inverse: formula
 * @domain ℝ → pixels in [0, 2^bits)
 */
export class PixelLogit extends CoordinateMap {
  static override readonly className = 'PixelLogit';
  static override readonly samples = [
    () => new PixelLogit({ eventShape: [2, 2, 1] }),
    () => new PixelLogit({ eventShape: [1], bits: 1, alpha: 0.2 }),
  ];

  /** Bits of a pixel value. */
  readonly bits: number;
  /** How far pixels are kept from 0 and 1. */
  readonly alpha: number;

  /** @throws FlowConfigError unless `bits` is a whole number from 1 to 16 and `alpha` in (0, 1/2). */
  constructor({ eventShape, bits = 8, alpha = 0.05 }: PixelLogitOptions) {
    checkBits('PixelLogit', bits);
    if (!(alpha > 0 && alpha < 0.5)) {
      throw new FlowConfigError('PixelLogit.alpha', { expected: 'a number in (0, 1/2)', got: String(alpha) });
    }
    const margin = (alpha / (1 - 2 * alpha)) * 2 ** bits;
    super(eventShape, [-margin, 2 ** bits + margin]);
    this.bits = bits;
    this.alpha = alpha;
  }

  protected override value(x: Tensor): Tensor {
    return tf.mul(tf.sub(tf.sigmoid(x), this.alpha), 1 / this.#slope);
  }

  protected override inverseValue(u: Tensor): Tensor {
    // The distance from the top is exact before it is scaled, so that 1 − p keeps its digits where α is tiny. At the ends
    // of the margin both may round to zero.
    const share = (distance: Tensor) => tf.maximum(tf.add(tf.mul(distance, this.#slope), this.alpha), this.alpha * 2 ** -24); // prettier-ignore
    return tf.sub(tf.log(share(u)), tf.log(share(tf.sub(2 ** this.bits, u))));
  }

  protected override logSlope(x: Tensor): Tensor {
    return tf.sub(-Math.log(this.#slope), tf.add(tf.softplus(x), tf.softplus(tf.neg(x))));
  }

  /** `dp/du`. */
  get #slope(): number {
    return (1 - 2 * this.alpha) / 2 ** this.bits;
  }

  override getConfig(): Config {
    return { eventShape: this.eventShapeIn, bits: this.bits, alpha: this.alpha };
  }
}
