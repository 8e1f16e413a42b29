import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowDataError, FlowShapeError } from '../errors.js';
import type { Config } from '../module.js';
import { batchShapeOf, formatShape, sizeOf, type Shape } from '../shapes.js';
import { trainingStream } from '../training-mode.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';

/** What {@link BatchNorm} normalises by in training. */
export type BatchStatistics = 'batch' | 'running';

/** Options of {@link BatchNorm}. */
export interface BatchNormOptions {
  /** Shape of one event; statistics are per channel, the last axis. */
  readonly eventShape: Shape;
  /** Share of the newest batch in the running moments, in (0, 1]. Default: 0.1. */
  readonly momentum?: number;
  /** Added to variances. Default: 1e-5. */
  readonly epsilon?: number;
  /**
   * Moments by which training normalises: those of the `batch` alone (default; Papamakarios et al., 2017), or the `running`
   * ones with this batch taken in (Dinh et al., 2017), which stand small batches.
   */
  readonly statistics?: BatchStatistics;
}

const STATISTICS: readonly BatchStatistics[] = ['batch', 'running'];

/**
 * Batch normalisation as a layer of a flow: with mean `m` and variance `v` of each channel, the last axis of an event,
 *
 * `inverse: z = exp(γ) · (x - m) / √(v + ε) + β`, `forward: x = (z - β) · exp(-γ) · √(v + ε) + m`,
 * `log |det dz/dx| = positions · Σ (γ - ½ log(v + ε))`, with `positions` the entries of an event per channel.
 *
 * In a training step the direction of the density, `inverse`, normalises by moments of the batch, with gradients through
 * them, and takes them into the running ones: `m ← (1 - momentum) m + momentum · mean`, variances with divisor n - 1. A
 * batch with a single value a channel has no variance: it is mapped by the running moments and leaves them. Everything
 * else, `forward` too, has the running moments, which start from the data given to {@link BatchNorm.initialize}, or at mean 0
 * and variance 1. γ and β are trained from 0.
 *
 * As rows of a batch then depend on each other, training steps with such a layer run eagerly; {@link ActNorm} does without.
 *
 * Sources: Ioffe, Szegedy, "Batch normalization", 2015; Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP",
 * 2017, section 3.7; Papamakarios, Pavlakou, Murray, "Masked Autoregressive Flow for Density Estimation", 2017, appendix B.
 *
 * @cost forward: formula; inverse: formula
 */
export class BatchNorm extends Bijector {
  static override readonly className = 'BatchNorm';
  static override readonly samples = [
    () => new BatchNorm({ eventShape: [2] }),
    () => new BatchNorm({ eventShape: [2, 1, 2], momentum: 1, epsilon: 0.5, statistics: 'running' }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  /** Entries of the last axis, each of which is normalised by itself. */
  readonly channels: number;
  readonly #positions: number;
  readonly #logScale: Variable;
  readonly #shift: Variable;
  readonly #mean: Variable;
  readonly #variance: Variable;
  /** 1 once data were seen. */
  readonly #known: Variable;
  readonly #options: Required<BatchNormOptions>;

  /**
   * @throws FlowShapeError when an event has no last axis.
   * @throws FlowConfigError for a momentum outside of (0, 1], an epsilon that is not positive, or unknown statistics.
   */
  constructor({ eventShape, momentum = 0.1, epsilon = 1e-5, statistics = 'batch' }: BatchNormOptions) {
    super();
    const channels = eventShape.at(-1);
    if (!channels) {
      throw new FlowShapeError('BatchNorm', {
        expected: 'events with channels along their last axis',
        got: formatShape(eventShape),
      });
    }
    if (!(momentum > 0 && momentum <= 1)) {
      throw new FlowConfigError('BatchNorm.momentum', { expected: 'a share in (0, 1]', got: String(momentum) });
    }
    if (!(epsilon > 0 && epsilon < Infinity)) {
      throw new FlowConfigError('BatchNorm.epsilon', { expected: 'a positive number', got: String(epsilon) });
    }
    if (!STATISTICS.includes(statistics)) {
      throw new FlowConfigError('BatchNorm.statistics', {
        expected: `one of ${STATISTICS.join(', ')}`,
        got: `'${String(statistics)}'`,
      });
    }
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.channels = channels;
    this.#positions = sizeOf(eventShape) / channels;
    this.#logScale = this.weight('logScale', [channels], new Float32Array(channels));
    this.#shift = this.weight('shift', [channels], new Float32Array(channels));
    this.#mean = this.weight('mean', [channels], new Float32Array(channels), { trainable: false });
    this.#variance = this.weight('variance', [channels], new Float32Array(channels).fill(1), { trainable: false });
    this.#known = this.weight('known', [], [0], { trainable: false });
    this.#options = { eventShape, momentum, epsilon, statistics };
  }

  /**
   * Starts the running moments from this batch, the first time and unless training has begun.
   *
   * @throws FlowDataError when the batch holds fewer than two values a channel.
   */
  override initialize(data: Tensor, _context: Tensor | null = null): void {
    const where = 'BatchNorm.initialize';
    const count = sizeOf(batchShapeOf(data, this.eventShapeOut, where, 'data')) * this.#positions;
    if (count < 2) throw new FlowDataError(where, { expected: 'at least two values a channel', got: `${count}` });
    tf.tidy(() => {
      const { mean, unbiased } = this.#moments(data);
      // Decided by the engine, not here: reading the flag back would stall a GPU.
      const known = tf.greater(tf.mul(this.#known, tf.onesLike(mean)), 0);
      this.#mean.assign(tf.where(known, this.#mean, mean));
      this.#variance.assign(tf.where(known, this.#variance, unbiased));
      this.#known.assign(tf.scalar(1));
    });
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    const logSlope = this.#logSlope(this.#variance);
    const x = tf.add(tf.mul(tf.sub(z, this.#shift), tf.exp(tf.neg(logSlope))), this.#mean);
    return [x, tf.mul(tf.sum(logSlope), -this.#positions)];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const { mean, variance } = trainingStream() ? this.#take(x) : { mean: this.#mean, variance: this.#variance };
    const logSlope = this.#logSlope(variance);
    const z = tf.add(tf.mul(tf.sub(x, mean), tf.exp(logSlope)), this.#shift);
    return [z, tf.mul(tf.sum(logSlope), this.#positions)];
  }

  override getConfig(): Config {
    return { ...this.#options };
  }

  /** `γ - ½ log(v + ε)`, the log-slope from data to base. */
  #logSlope(variance: Tensor): Tensor {
    return tf.sub(this.#logScale, tf.mul(0.5, tf.log(tf.add(variance, this.#options.epsilon))));
  }

  /** Takes a batch into the running moments, and gives those to normalise it by. */
  #take(x: Tensor): { mean: Tensor; variance: Tensor } {
    const single = x.shape[0] * this.#positions < 2;
    const share = single ? 0 : this.#options.momentum;
    const { mean, variance, unbiased } = this.#moments(x);
    const mixed = (running: Tensor, now: Tensor) => tf.add(tf.mul(running, 1 - share), tf.mul(now, share));
    const wanted =
      single || this.#options.statistics === 'running'
        ? { mean: mixed(this.#mean, mean), variance: mixed(this.#variance, unbiased) }
        : { mean, variance };
    // Assigned even where nothing changes: it tells that steps must not be planned from single rows.
    this.#mean.assign(mixed(this.#mean, mean));
    this.#variance.assign(mixed(this.#variance, unbiased));
    this.#known.assign(tf.scalar(1));
    return wanted;
  }

  /** Mean of each channel, and variance with divisors n and n - 1. */
  #moments(x: Tensor): { mean: Tensor; variance: Tensor; unbiased: Tensor } {
    const count = x.shape[0] * this.#positions;
    const values = tf.reshape(x, [count, this.channels]);
    const mean = tf.mean(values, 0);
    const variance = tf.mean(tf.square(tf.sub(values, mean)), 0);
    return { mean, variance, unbiased: tf.mul(variance, count / Math.max(1, count - 1)) };
  }
}
