import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import { formatShape, type Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';

/** Options of {@link Patchify}. */
export interface PatchifyOptions {
  /** Shape of one image, `[height, width, channels]`. */
  readonly eventShape: Shape;
  /** Height and width of a patch; divides those of the image. */
  readonly patch: number;
}

/**
 * Between tokens, `[tokens, patch² · channels]`, on the base side and an image, `[height, width, channels]`, on the data
 * side: each token is a square patch, in reading order, and inside of it the pixels are too. `log |det J| = 0`.
 *
 * @cost forward: formula; inverse: formula
 * @domain images → tokens
 */
export class Patchify extends Bijector {
  static override readonly className = 'Patchify';
  static override readonly samples = [
    () => new Patchify({ eventShape: [4, 6, 2], patch: 2 }),
    () => new Patchify({ eventShape: [2, 2, 1], patch: 1 }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  /** Patches from top to bottom, and from left to right. */
  readonly grid: readonly [rows: number, columns: number];
  readonly #patch: number;

  /** @throws FlowConfigError for a shape that is no image, or a patch that does not divide it. */
  constructor({ eventShape, patch }: PatchifyOptions) {
    super();
    if (eventShape.length !== 3 || eventShape.some((length) => !Number.isInteger(length) || length < 1)) {
      throw new FlowConfigError('Patchify.eventShape', {
        expected: '[height, width, channels], positive integers',
        got: formatShape(eventShape),
      });
    }
    const [height, width, channels] = eventShape;
    if (!Number.isInteger(patch) || patch < 1 || height % patch !== 0 || width % patch !== 0) {
      throw new FlowConfigError('Patchify.patch', {
        expected: `a positive integer that divides the height ${height} and the width ${width}`,
        got: String(patch),
        hint: 'Pad or crop the images, or choose another patch.',
      });
    }
    this.grid = [height / patch, width / patch];
    this.eventShapeIn = [this.grid[0] * this.grid[1], patch * patch * channels];
    this.eventShapeOut = eventShape;
    this.#patch = patch;
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    const [, columns] = this.grid;
    const strips = tf.reshape(x, [-1, columns, this.#patch, this.#strip]);
    const image = tf.transpose(strips, [0, 2, 1, 3]);
    return [tf.reshape(image, [x.shape[0], ...this.eventShapeOut]), tf.scalar(0)];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    const [, columns] = this.grid;
    const strips = tf.reshape(y, [-1, this.#patch, columns, this.#strip]);
    const tokens = tf.transpose(strips, [0, 2, 1, 3]);
    return [tf.reshape(tokens, [y.shape[0], ...this.eventShapeIn]), tf.scalar(0)];
  }

  override getConfig(): Config {
    return { eventShape: this.eventShapeOut, patch: this.#patch };
  }

  /** Numbers in one row of pixels of a patch. */
  get #strip(): number {
    return this.#patch * this.eventShapeOut[2];
  }
}
