import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { paddedConvolutionInverse } from '../../kernels/padded-convolution/op.js';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { checkChannels, checkImage } from './check-image.js';
import { CORNERS, flipToTopLeft } from './corner.js';
import { PaddedConv } from './padded-conv.js';

/** Options of {@link FInC}. */
export interface FInCOptions {
  /** Shape of an image, `[height, width, channels]`; the channels are a multiple of four. */
  readonly eventShape: Shape;
  /** Height and width of each kernel. Default: 3. */
  readonly kernelSize?: number;
  /** Standard deviation of the taps at the start, around the identity map. Default: 0.05. */
  readonly initialStd?: number;
  /** Seed of the initial taps. Default: 0. */
  readonly seed?: Seed;
}

/**
 * The unit of FInC flow: four groups of channels, each with a {@link PaddedConv} of its own from one of the four corners
 * (in the order top left, top right, bottom left, bottom right), so that together they look in all directions:
 *
 * `inverse: z = (conv_TL(x₁), conv_TR(x₂), conv_BL(x₃), conv_BR(x₄))`, `log |det J| = 0`,
 *
 * as the corner blocks are triangular with ones on the diagonal. The four are inverted as one: mirrored to the same corner, they
 * are a single convolution whose kernel is zero between groups, solved along the diagonals of the image at once. Put a
 * {@link Conv1x1} beside it to mix the groups, and an {@link ActNorm} to scale.
 *
 * Source: Kallappa, Nagar, Varma, "FInC Flow: Fast and invertible k×k convolutions for normalizing flows", 2023, section 3.
 *
 * @cost forward: passes (height + width - 1 diagonals, in one kernel); inverse: formula
 */
export class FInC extends Bijector {
  static override readonly className = 'FInC';
  static override readonly samples = [
    () => new FInC({ eventShape: [2, 1, 8], kernelSize: 2, seed: 'sample' }),
    () => new FInC({ eventShape: [2, 2, 4] }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #groups: readonly PaddedConv[];
  readonly #config: Config;

  /**
   * @throws FlowShapeError when events are not images whose channels four divides.
   * @throws FlowConfigError for a kernel size or deviation out of range.
   */
  constructor({ eventShape, kernelSize = 3, initialStd = 0.05, seed = 0 }: FInCOptions) {
    super();
    const [height, width, channels] = checkImage('FInC', eventShape);
    checkChannels('FInC', [height, width, channels], 4);
    const stream = RandomStream.from(seed);
    const shared = { eventShape: [height, width, channels / 4], kernelSize, initialStd, diagonal: 'unit', bias: false } as const; // prettier-ignore
    this.#groups = CORNERS.map((corner) =>
      this.child(corner, new PaddedConv({ ...shared, corner, seed: stream.split(corner) })),
    );
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.#config = { eventShape, kernelSize, initialStd, seed: stream.key };
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    const mirrored = tf.concat(this.mirrored(tf.split(z, 4, 3)), 3);
    const kernel = blockDiagonal(this.#groups.map((group) => group.kernelForTopLeft()));
    const inverse = blockDiagonal(this.#groups.map((group) => group.cornerInverse()));
    const solved = paddedConvolutionInverse(mirrored, kernel, inverse);
    return [tf.concat(this.mirrored(tf.split(solved, 4, 3)), 3), tf.scalar(0)];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const parts = tf.split(x, 4, 3).map((part, i) => this.#groups[i].inverse(part));
    return [tf.concat(parts, 3), tf.scalar(0)];
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** Each group as seen from its corner, or back again. */
  private mirrored(parts: readonly Tensor[]): Tensor[] {
    return parts.map((part, i) => flipToTopLeft(part, this.#groups[i].corner, 1));
  }
}

/** `[…, g, g]` of each group as one `[…, n g, n g]`, zero between groups. */
function blockDiagonal(blocks: readonly Tensor[]): Tensor {
  const rank = blocks[0].rank;
  const size = blocks[0].shape[rank - 1];
  const rows = blocks.map((block, i) => {
    const beside: [number, number] = [i * size, (blocks.length - 1 - i) * size];
    return tf.pad(block, [...Array.from({ length: rank - 1 }, (): [number, number] => [0, 0]), beside]);
  });
  return tf.concat(rows, rank - 2);
}
