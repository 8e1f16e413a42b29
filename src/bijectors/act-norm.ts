import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowDataError, FlowShapeError } from '../errors.js';
import type { Config } from '../module.js';
import { batchShapeOf, formatShape, sizeOf, type Shape } from '../shapes.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';

/** A channel whose spread is below this fraction of its mean is taken to be constant in the first batch. */
const MIN_RELATIVE_STD = 1e-6;

/**
 * Activation normalisation (Kingma and Dhariwal, "Glow", 2018): a trained scale and shift for each channel, the last
 * axis of an event. With `logScale` and `shift` of shape `[channels]`,
 *
 * `inverse: z = exp(logScale) · x + shift`, `forward: x = (z - shift) · exp(-logScale)`,
 * `log |det dz/dx| = positions · Σ logScale`, with `positions` the entries of an event per channel.
 *
 * It is the identity until {@link ActNorm.initialize} has seen one batch.
 *
 * @cost forward: formula; inverse: formula
 */
export class ActNorm extends Bijector {
  static override readonly className = 'ActNorm';
  static override readonly samples = [
    () => new ActNorm({ eventShape: [3] }),
    () => new ActNorm({ eventShape: [2, 2, 2] }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  /** Entries of the last axis, each of which has a scale and a shift. */
  readonly channels: number;
  readonly #positions: number;
  readonly #logScale: Variable;
  readonly #shift: Variable;
  /** 1 once data were seen; a weight, so that a saved model remembers. */
  readonly #initialized: Variable;

  /** @throws FlowShapeError when an event has no last axis. */
  constructor({ eventShape }: { eventShape: Shape }) {
    super();
    const channels = eventShape.at(-1);
    if (!channels) {
      throw new FlowShapeError('ActNorm', {
        expected: 'events with channels along their last axis',
        got: formatShape(eventShape),
      });
    }
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.channels = channels;
    this.#positions = sizeOf(eventShape) / channels;
    this.#logScale = this.weight('logScale', [channels], new Float32Array(channels));
    this.#shift = this.weight('shift', [channels], new Float32Array(channels));
    this.#initialized = this.weight('initialized', [], [0], { trainable: false });
  }

  /**
   * Chooses scale and shift so that this batch has, channel by channel, mean 0 and standard deviation 1 (divisor
   * n - 1) on the base side. Does nothing after the first time. A constant channel is only centred.
   *
   * @throws FlowDataError when the batch holds fewer than two values a channel.
   */
  override initialize(data: Tensor, _context: Tensor | null = null): void {
    const where = `${this.className}.initialize`;
    const count = sizeOf(batchShapeOf(data, this.eventShapeOut, where, 'data')) * this.#positions;
    if (count < 2) throw new FlowDataError(where, { expected: 'at least two values a channel', got: `${count}` });
    tf.tidy(() => {
      const values = tf.reshape(data, [count, this.channels]);
      const mean = tf.mean(values, 0);
      const squares = tf.sum(tf.square(tf.sub(values, mean)), 0);
      const spread = tf.sqrt(tf.div(squares, count - 1));
      const std = tf.where(tf.greater(spread, tf.mul(tf.abs(mean), MIN_RELATIVE_STD)), spread, tf.onesLike(spread));
      // Decided by the engine, not here: reading the flag back would stall a GPU.
      const done = tf.greater(tf.mul(this.#initialized, tf.onesLike(std)), 0);
      this.#logScale.assign(tf.where(done, this.#logScale, tf.neg(tf.log(std))));
      this.#shift.assign(tf.where(done, this.#shift, tf.neg(tf.div(mean, std))));
      this.#initialized.assign(tf.scalar(1));
    });
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    const x = tf.mul(tf.sub(z, this.#shift), tf.exp(tf.neg(this.#logScale)));
    return [x, tf.mul(tf.sum(this.#logScale), -this.#positions)];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const z = tf.add(tf.mul(x, tf.exp(this.#logScale)), this.#shift);
    return [z, tf.mul(tf.sum(this.#logScale), this.#positions)];
  }

  override getConfig(): Config {
    return { eventShape: this.eventShapeIn };
  }
}
