import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import {
  ActNorm,
  Bijector,
  Chain,
  ElementwiseAffine,
  Flow,
  Normal,
  RandomStream,
  type Config,
} from '../../src/index.js';
import type { ValueAndLogDet } from '../../src/bijectors/bijector.js';
import { applyElementwise } from '../../src/bijectors/elementwise.js';
import { convolution } from '../../src/kernels/convolution/op.js';
import { paddedConvolution } from '../../src/kernels/padded-convolution/op.js';

/**
 * Half of the channels, made from the other half by convolutions, after a mixing of channels: with every operation that
 * image flows are made of.
 */
class ImageCoupling extends Bijector {
  static override readonly className = 'ImageCoupling';
  override readonly eventShapeIn: readonly number[];
  override readonly eventShapeOut: readonly number[];
  readonly #kept: number;
  readonly #layers: readonly { readonly filter: Variable; readonly bias: Variable }[];
  readonly #corner: Variable;
  readonly #mixing: Variable;
  readonly #transform = new ElementwiseAffine();

  constructor(eventShape: readonly number[], hidden: number, seed: string) {
    super();
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    const channels = eventShape[2];
    this.#kept = Math.floor(channels / 2);
    const stream = new RandomStream(seed);
    const widths = [this.#kept, hidden, hidden, 2 * (channels - this.#kept)];
    this.#layers = [3, 1, 3].map((k, i) => {
      const shape = [k, k, widths[i], widths[i + 1]];
      const range = 1 / Math.sqrt(k * k * widths[i]);
      return {
        filter: this.weight(`filter${i}`, shape, stream.uniform(k * k * widths[i] * widths[i + 1], -range, range)),
        bias: this.weight(`bias${i}`, [widths[i + 1]], stream.uniform(widths[i + 1], -range, range)),
      };
    });
    this.#corner = this.weight('corner', [2, 2, channels, channels], stream.normal(4 * channels ** 2).map((v) => 0.05 * v)); // prettier-ignore
    this.#mixing = this.weight(
      'mixing',
      [channels, channels],
      stream.normal(channels ** 2).map((v) => 0.3 * v),
    );
  }

  protected override mapForward(): ValueAndLogDet {
    throw new Error('Only densities are wanted.');
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    const [batch, height, width, channels] = y.shape as number[];
    const squares = tf.reshape(y, [batch, height / 2, 2, width / 2, 2, channels]);
    const turned = tf.reshape(tf.transpose(squares, [0, 1, 3, 2, 4, 5]), y.shape);
    const mixed = tf.reshape(tf.matMul(tf.reshape(turned, [-1, channels]), this.#mixing), y.shape);
    const padded = tf.add(mixed, paddedConvolution(mixed, this.#corner));
    const [kept, rest] = tf.split(padded, [this.#kept, channels - this.#kept], 3);
    const raw = this.#layers.reduce<Tensor>(
      (x, { filter, bias }, i) => convolution(x, filter, bias, i < 2 ? 'relu' : 'identity'),
      kept,
    );
    const [value, logDet] = applyElementwise(rest, tf.reshape(raw, [batch, -1]), this.#transform, (flat, p) =>
      this.#transform.inverse(flat, p),
    );
    return [tf.concat([value, kept], 3), logDet];
  }

  override getConfig(): Config {
    return {};
  }
}

/** Two steps on small images. */
export function imageFlow(eventShape = [4, 6, 5], hidden = 7): Flow {
  const bijectors = ['first', 'second'].flatMap((seed) => [
    new ImageCoupling(eventShape, hidden, seed),
    new ActNorm({ eventShape }),
  ]);
  return new Flow({ base: Normal.standard(eventShape), bijector: new Chain({ bijectors }) });
}
