import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { checkImage } from './check-image.js';
import { PaddedConv } from './padded-conv.js';

/** Options of {@link EmergingConv}. */
export interface EmergingConvOptions {
  /** Shape of an image, `[height, width, channels]`. */
  readonly eventShape: Shape;
  /** Height and width of the neighbourhood that each pixel reads; odd. Default: 3. */
  readonly kernelSize?: number;
  /** Standard deviation of the taps at the start, around the identity map. Default: 0.02. */
  readonly initialStd?: number;
  /** Seed of the initial taps. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Emerging convolution: two autoregressive convolutions of opposite orders, one after the other, which together read the
 * whole neighbourhood of a pixel,
 *
 * `inverse: z = conv_BR(conv_TL(x))`, `log |det dz/dx| = height · width · Σ (logScale_TL + logScale_BR)`.
 *
 * The first reads pixels above and to the left and, of its own pixel, the channels up to each (a lower triangle); the second pixels
 * below and to the right, and the channels from each (an upper triangle), so that the block of the pixel itself is a product
 * `U L`. Of a `k × k` neighbourhood each has the taps of one quadrant, `(k + 1) / 2` squared: the "square" form of the paper. It
 * is here to be compared with {@link PaddedConv}, whose one convolution does the work of such two, and is inverted by the same
 * kernels, one after the other.
 *
 * Source: Hoogeboom, van den Berg, Welling, "Emerging convolutions for generative normalizing flows", 2019, section 3.1.
 *
 * @cost forward: passes (2 (height + width - 1) diagonals, in two kernels); inverse: formula
 */
export class EmergingConv extends Bijector {
  static override readonly className = 'EmergingConv';
  static override readonly samples = [() => new EmergingConv({ eventShape: [3, 2, 2], seed: 'sample' })];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  /** In the order in which the data pass through them. */
  readonly #first: PaddedConv;
  readonly #second: PaddedConv;
  readonly #config: Config;

  /**
   * @throws FlowShapeError when events are not images.
   * @throws FlowConfigError for a kernel size that is not odd, or a deviation out of range.
   */
  constructor({ eventShape, kernelSize = 3, initialStd = 0.02, seed = 0 }: EmergingConvOptions) {
    super();
    checkImage('EmergingConv', eventShape);
    if (!Number.isInteger(kernelSize) || kernelSize < 1 || kernelSize % 2 === 0) {
      throw new FlowConfigError('EmergingConv', { expected: 'kernelSize: an odd number', got: String(kernelSize) });
    }
    const stream = RandomStream.from(seed);
    const shared = { eventShape, kernelSize: (kernelSize + 1) / 2, initialStd, diagonal: 'free' } as const;
    const from = (corner: 'topLeft' | 'bottomRight') => ({ ...shared, corner, seed: stream.split(corner) });
    this.#first = this.child('topLeft', new PaddedConv({ ...from('topLeft'), triangle: 'lower', bias: false }));
    this.#second = this.child('bottomRight', new PaddedConv({ ...from('bottomRight'), triangle: 'upper' }));
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.#config = { eventShape, kernelSize, initialStd, seed: stream.key };
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    const [between, second] = this.#second.forwardAndLogDet(z);
    const [x, first] = this.#first.forwardAndLogDet(between);
    return [x, tf.add(first, second)];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const [between, first] = this.#first.inverseAndLogDet(x);
    const [z, second] = this.#second.inverseAndLogDet(between);
    return [z, tf.add(first, second)];
  }

  override getConfig(): Config {
    return this.#config;
  }
}
