import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../../errors.js';
import type { Config } from '../../module.js';
import { formatShape, type Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { checkImage } from './check-image.js';

/** Options of {@link Squeeze}. */
export interface SqueezeOptions {
  /** Shape of an image on the data side, `[height, width, channels]`. */
  readonly eventShape: Shape;
  /** Side of the blocks that become one pixel. Default: 2. */
  readonly factor?: number;
}

/**
 * Trades resolution for channels: each block of `f × f` pixels of the data becomes one pixel on the base side, with
 * `f²` times the channels; `log |det J| = 0`.
 *
 * `inverse: z[i, j, (u f + v) c + k] = x[f i + u, f j + v, k]`, with `c` the channels of `x`: the pixels of a block follow each
 * other row by row, each with its channels together. (That is the order of `tf.depthToSpace`. Others put the pixels of a
 * block inside of the channel; models that mix channels do not mind.)
 *
 * Source: Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", 2017, section 3.6.
 *
 * @cost forward: formula; inverse: formula
 * @domain images
 */
export class Squeeze extends Bijector {
  static override readonly className = 'Squeeze';
  static override readonly samples = [
    () => new Squeeze({ eventShape: [4, 2, 3] }),
    () => new Squeeze({ eventShape: [3, 6, 1], factor: 3 }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  /** Edge of a block of pixels that becomes channels. */
  readonly factor: number;

  /**
   * @throws FlowConfigError for a factor that is not a whole number of at least 2.
   * @throws FlowShapeError when it does not divide height and width.
   */
  constructor({ eventShape, factor = 2 }: SqueezeOptions) {
    super();
    this.eventShapeIn = squeezedShape('Squeeze', eventShape, factor);
    this.eventShapeOut = eventShape;
    this.factor = factor;
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    return [blocksFromChannels(z, this.factor), tf.scalar(0)];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    return [blocksToChannels(x, this.factor), tf.scalar(0)];
  }

  override getConfig(): Config {
    return { eventShape: this.eventShapeOut, factor: this.factor };
  }
}

/**
 * Shape of an image when blocks of `factor × factor` pixels have become one each.
 *
 * @throws FlowConfigError for a factor that is not a whole number of at least 2.
 * @throws FlowShapeError when it does not divide height and width.
 */
export function squeezedShape(where: string, eventShape: Shape, factor = 2): Shape {
  const [height, width, channels] = checkImage(where, eventShape);
  if (!Number.isInteger(factor) || factor < 2) {
    throw new FlowConfigError(where, { expected: 'factor: a whole number of at least 2', got: String(factor) });
  }
  if (height % factor !== 0 || width % factor !== 0) {
    throw new FlowShapeError(where, {
      expected: `a height and a width that ${factor} divides`,
      got: formatShape(eventShape),
    });
  }
  return [height / factor, width / factor, channels * factor * factor];
}

/** `[batch, h, w, c]` → `[batch, h / f, w / f, f² c]`. */
export function blocksToChannels(x: Tensor, factor: number): Tensor {
  const [batch, height, width, channels] = x.shape as number[];
  const [rows, columns] = [height / factor, width / factor];
  const strips = tf.reshape(x, [batch * rows, factor, columns, factor * channels]);
  return tf.reshape(tf.transpose(strips, [0, 2, 1, 3]), [batch, rows, columns, factor * factor * channels]);
}

/** `[batch, h, w, f² c]` → `[batch, f h, f w, c]`: the inverse of {@link blocksToChannels}. */
export function blocksFromChannels(z: Tensor, factor: number): Tensor {
  const [batch, rows, columns, channels] = z.shape as number[];
  const strips = tf.reshape(z, [batch * rows, columns, factor, channels / factor]);
  return tf.reshape(tf.transpose(strips, [0, 2, 1, 3]), [
    batch,
    rows * factor,
    columns * factor,
    channels / (factor * factor),
  ]);
}
