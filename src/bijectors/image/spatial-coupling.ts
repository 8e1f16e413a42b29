import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Conditioner } from '../../conditioners/conditioner.js';
import { ConvNet } from '../../conditioners/convolutional/conv-net.js';
import { ResidualConvNet } from '../../conditioners/convolutional/residual-conv-net.js';
import { ElementwiseAffine } from '../../elementwise/elementwise-affine.js';
import type { ElementwiseResult, ElementwiseTransform } from '../../elementwise/elementwise-transform.js';
import { RationalQuadraticSpline } from '../../elementwise/rational-quadratic-spline.js';
import { FlowConfigError, FlowShapeError } from '../../errors.js';
import type { Config } from '../../module.js';
import { formatShape, sameShape, type Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { conditionerRequest, sizedConditioner, type ConditionerOrBuilder, type ConditionerRequest } from '../conditioner-request.js'; // prettier-ignore
import { halfMask } from '../coupling.js';
import { applyElementwise } from '../elementwise.js';
import { Partition } from '../partition.js';
import { checkImage, type ImageShape } from './check-image.js';

/** Options of {@link SpatialCoupling}. */
export interface SpatialCouplingOptions {
  /** `[height, width, channels]` of one image. */
  readonly eventShape: Shape;
  /**
   * What is transformed: `channels` (default), the second half of the channels at every pixel; `checkerboard`, all channels
   * of every other pixel, beginning with the first; or a list with one entry a channel, true for those transformed.
   */
  readonly mask?: 'channels' | 'checkerboard' | readonly boolean[];
  /** Transform what would be kept and keep what would be transformed. Default: false. */
  readonly flip?: boolean;
  /** The scalar map applied to what is transformed. */
  readonly transform: ElementwiseTransform;
  /**
   * Emits the parameters: a network on images, or how to build it. Its inputs and outputs are channels: those kept and
   * those transformed times `parameterCount`, or with a checkerboard all of them each time.
   */
  readonly conditioner: ConditionerOrBuilder;
}

/**
 * Coupling layer on images: what the mask keeps decides, through a convolutional network, how the rest is mapped,
 * `y_K = x_K`, `yᵢ = τ(xᵢ; θᵢ(y_K, context))`; `log |det J| = Σ log τ′`. Forward and inverse cost the same.
 *
 * At each pixel the network emits the parameters of one transformed channel after the other. With a checkerboard it sees
 * images with zeros in place of what is transformed, and what it emits for the pixels kept is not used.
 *
 * It starts as the identity where the conditioner starts from `request.initialOutput`. Glow starts from zeros, with
 * `ElementwiseAffine({ scale: 'sigmoid' })` a contraction by `sigmoid(2)`: pass
 * `(request) => new ConvNet({ ...request, initialOutput: request.initialOutput.map(() => 0), hidden })`.
 *
 * Source: Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", 2017, sections 3.3 and 3.4; Kingma and
 * Dhariwal, "Glow", 2018, section 3.3.
 *
 * @cost forward: one pass (and what its scalar map costs); inverse: one pass (and what its scalar map costs)
 * @example
 * new SpatialCoupling({
 *   eventShape: [16, 16, 12],
 *   transform: new RationalQuadraticSpline({ bins: 8 }),
 *   conditioner: (request) => new ConvNet({ ...request, hidden: [64, 64], seed: 'coupling' }),
 * });
 */
export class SpatialCoupling extends Bijector {
  static override readonly className = 'SpatialCoupling';
  static override readonly samples = [
    () => {
      const conditioner = (request: ConditionerRequest) => new ConvNet({ ...request, hidden: [6, 6], activation: 'tanh', seed: 1 }); // prettier-ignore
      return new SpatialCoupling({ eventShape: [3, 2, 3], transform: new ElementwiseAffine(), conditioner });
    },
    () => {
      const conditioner = (request: ConditionerRequest) => new ConvNet({ ...request, hidden: [6], activation: 'tanh', contextShape: [2], seed: 2 }); // prettier-ignore
      return new SpatialCoupling({ eventShape: [3, 3, 2], mask: 'checkerboard', flip: true, transform: new ElementwiseAffine({ scale: 'sigmoid' }), conditioner }); // prettier-ignore
    },
    () => {
      const conditioner = (request: ConditionerRequest) => new ResidualConvNet({ ...request, hidden: 6, activation: 'tanh', seed: 3 }); // prettier-ignore
      return new SpatialCoupling({ eventShape: [2, 2, 3], mask: [true, false, true], transform: new RationalQuadraticSpline({ bins: 3 }), conditioner }); // prettier-ignore
    },
    () => {
      const conditioner = (request: ConditionerRequest) => new ConvNet({ ...request, hidden: [4], activation: 'tanh', normalisation: 'weight', logScale: true, seed: 4 }); // prettier-ignore
      return new SpatialCoupling({ eventShape: [1, 2, 1], mask: 'checkerboard', transform: new ElementwiseAffine({ bound: 1 }), conditioner }); // prettier-ignore
    },
    () => {
      const conditioner = (request: ConditionerRequest) => new ConvNet({ ...request, hidden: [5], activation: 'tanh', contextShape: [4, 6, 1], contextAs: 'map', seed: 5 }); // prettier-ignore
      return new SpatialCoupling({ eventShape: [2, 3, 2], transform: new ElementwiseAffine(), conditioner });
    },
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  readonly #mask: 'channels' | 'checkerboard' | readonly boolean[];
  readonly #flip: boolean;
  readonly #transform: ElementwiseTransform;
  readonly #conditioner: Conditioner;
  /** Of channels, or of pixels when there is a checkerboard. */
  readonly #partition: Partition;
  /** 1 where an image is kept, `[height, width, channels]`; only for a checkerboard. */
  readonly #board: Tensor | null;

  /**
   * @throws FlowShapeError for an event that is no image.
   * @throws FlowConfigError for a mask that is of another length or transforms or keeps nothing, or a conditioner that does
   * not fit it.
   */
  constructor({ eventShape, mask = 'channels', flip = false, transform, conditioner }: SpatialCouplingOptions) {
    super();
    const image = checkImage('SpatialCoupling', eventShape);
    const channels = image[2];
    const isBoard = mask === 'checkerboard';
    const entries = isBoard ? checkerboard(image) : channelMask(mask, channels);
    const flipped = entries.map((entry) => entry !== flip);
    this.#partition = new Partition('SpatialCoupling', flipped, isBoard ? 1 : 3, NEEDS_TWO);
    const [inputs, scalars] = isBoard
      ? [channels, channels]
      : [this.#partition.kept.length, this.#partition.transformed.length];
    const request = conditionerRequest(inputs, scalars, transform);
    const network = sizedConditioner('SpatialCoupling', request, conditioner, 'ConvNet');
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.#mask = mask;
    this.#flip = flip;
    this.#transform = transform;
    this.#conditioner = this.child('conditioner', network);
    this.contextShape = network.contextShape;
    this.#board = isBoard ? this.constant('board', keptPixels(this.#partition, image)) : null;
  }

  override initialize(data: Tensor, context: Tensor | null = null): void {
    tf.tidy(() => this.#conditioner.initialize(this.seen(data), context));
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.map(x, context, (flat, raw) => this.#transform.forward(flat, raw));
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.map(y, context, (flat, raw) => this.#transform.inverse(flat, raw));
  }

  override getConfig(): Config {
    return {
      eventShape: this.eventShapeIn,
      mask: this.#mask,
      flip: this.#flip,
      transform: this.#transform,
      conditioner: this.#conditioner,
    };
  }

  private map(
    image: Tensor,
    context: Tensor | null,
    apply: (flat: Tensor, raw: Tensor) => ElementwiseResult,
  ): ValueAndLogDet {
    const partition = this.#partition;
    if (!this.#board) {
      const kept = this.seen(image);
      const raw = this.emit(kept, context);
      const [value, logDet] = applyElementwise(partition.takeTransformed(image), raw, this.#transform, apply);
      return [partition.join(kept, value), logDet];
    }
    const raw = this.emit(this.seen(image), context);
    // One row a pixel, so that pixels are taken as a whole.
    const [pixels, parameters] = [asPixels(image), asPixels(raw)].map((rows) => partition.takeTransformed(rows));
    const [value, logDet] = applyElementwise(pixels, parameters, this.#transform, apply);
    return [tf.reshape(partition.join(partition.takeKept(asPixels(image)), value), image.shape), logDet];
  }

  /** What the conditioner sees: the channels kept, or the image with zeros for the pixels that are not. */
  private seen(image: Tensor): Tensor {
    return this.#board ? tf.mul(image, this.#board) : this.#partition.takeKept(image);
  }

  /** @throws FlowShapeError when the conditioner is no network on images. */
  private emit(input: Tensor, context: Tensor | null): Tensor {
    const raw = this.#conditioner.apply(input, context);
    const expected = input.shape.with(3, this.#conditioner.outputs);
    if (!sameShape(raw.shape, expected)) {
      throw new FlowShapeError('SpatialCoupling', {
        expected: `a conditioner that maps images ${formatShape(input.shape)} to ${formatShape(expected)}`,
        got: `${this.#conditioner.className}, which returned ${formatShape(raw.shape)}`,
        hint: 'Use a network on images, such as `ConvNet`.',
      });
    }
    return raw;
  }
}

const NEEDS_TWO = 'One channel alone needs a checkerboard, one pixel alone a mask of channels.';

/** Every other pixel of an image, row by row, beginning with the first. */
function checkerboard([height, width]: ImageShape): boolean[] {
  return Array.from({ length: height * width }, (_, i) => (Math.floor(i / width) + i % width) % 2 === 0); // prettier-ignore
}

/** @throws FlowConfigError for a list of another length, or a word unknown. */
function channelMask(mask: 'channels' | readonly boolean[], channels: number): readonly boolean[] {
  if (mask === 'channels') return halfMask(channels);
  if (!Array.isArray(mask) || mask.length !== channels) {
    throw new FlowConfigError('SpatialCoupling.mask', {
      expected: `'channels', 'checkerboard' or ${channels} truth values, one a channel`,
      got: Array.isArray(mask) ? `${mask.length}` : `'${String(mask)}'`,
    });
  }
  return mask as readonly boolean[];
}

/** 1 at the pixels kept, in all channels. */
function keptPixels({ kept }: Partition, [height, width, channels]: ImageShape): Tensor {
  const values = new Float32Array(height * width * channels);
  for (const pixel of kept) values.fill(1, pixel * channels, (pixel + 1) * channels);
  return tf.tensor(values, [height, width, channels], 'float32');
}

/** `[batch, height, width, channels]` → `[batch, height · width, channels]`. */
function asPixels(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  return tf.reshape(x, [batch, height * width, channels]);
}
