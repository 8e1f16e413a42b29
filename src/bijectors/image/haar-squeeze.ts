import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../../module.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { blocksFromChannels, blocksToChannels, squeezedShape } from './squeeze.js';

/** Rows of the transform of a block `(a, b; c, d)`, times two. It is symmetric, and half of it is its own inverse. */
const HAAR = [
  [1, 1, 1, 1],
  [1, -1, 1, -1],
  [1, 1, -1, -1],
  [1, -1, -1, 1],
];

/**
 * One level of the orthonormal Haar wavelet transform: each block of two by two pixels `a b / c d` of a channel becomes,
 * on the base side, one pixel with
 *
 * `z₁ = (a + b + c + d) / 2`, `z₂ = (a - b + c - d) / 2`, `z₃ = (a + b - c - d) / 2`, `z₄ = (a - b - c + d) / 2`:
 *
 * average, differences along the row and along the column, and their difference. The averages of all channels come first, then
 * the differences in this order, so that the first quarter of the channels is a smaller image. The map is a rotation:
 * `log |det J| = 0`.
 *
 * Source: Haar, "Zur Theorie der orthogonalen Funktionensysteme", 1910; in flows, Ardizzone et al., "Guided image
 * generation with conditional invertible neural networks", 2019.
 *
 * @cost forward: formula; inverse: formula
 */
export class HaarSqueeze extends Bijector {
  static override readonly className = 'HaarSqueeze';
  static override readonly samples = [() => new HaarSqueeze({ eventShape: [4, 2, 2] })];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #rotation: Tensor;

  /** @throws FlowShapeError when height or width is odd. */
  constructor({ eventShape }: { eventShape: Shape }) {
    super();
    this.eventShapeIn = squeezedShape('HaarSqueeze', eventShape);
    this.eventShapeOut = eventShape;
    const channels = eventShape[2];
    const rows = HAAR.flatMap((row) =>
      Array.from({ length: channels }, (_, channel) =>
        row.flatMap((entry) => Array.from({ length: channels }, (__, other) => (other === channel ? entry / 2 : 0))),
      ),
    );
    this.#rotation = this.constant('rotation', tf.tensor2d(rows));
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    return [blocksFromChannels(this.rotate(z), 2), tf.scalar(0)];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    return [this.rotate(blocksToChannels(x, 2)), tf.scalar(0)];
  }

  override getConfig(): Config {
    return { eventShape: this.eventShapeOut };
  }

  private rotate(x: Tensor): Tensor {
    const channels = this.eventShapeIn[2];
    return tf.reshape(tf.matMul(tf.reshape(x, [x.size / channels, channels]), this.#rotation), x.shape);
  }
}
