import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkBits } from '../bijectors/image/check-bits.js';
import type { LogProbOptions } from '../distributions/distribution.js';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import type { Interval } from '../interval.js';
import type { Config } from '../module.js';
import { RandomStream } from '../random.js';
import { formatShape, sameShape, sizeOf, type Shape } from '../shapes.js';
import type { Flow } from './flow.js';
import { VariationalModel, type BoundOptions, type LogWeight } from './variational-model.js';

/** Options of {@link DequantizedFlow}. */
export interface DequantizedFlowOptions {
  /** A density of pixels with noise, `u` in [0, 2^bits): its last bijector is a `PixelScaling` or `PixelLogit`. */
  readonly flow: Flow;
  /**
   * What the noise is drawn from: `'uniform'`, or a flow of numbers in (0, 1), of the shape of an image, conditioned on the
   * image, `v / 2^bits − 1/2`. It ends in a `Sigmoid`, and its base takes no context. Default: `'uniform'`.
   */
  readonly dequantizer?: 'uniform' | Flow;
  /** Bits of a pixel value: pixels are 0 ... 2^bits − 1. Default: 8. */
  readonly bits?: number;
}

/** Options of the `logProb` of a {@link DequantizedFlow}. */
export type DequantizedLogProbOptions = BoundOptions;

/**
 * A distribution of images of whole numbers, `v`, from a flow over real ones, by way of noise `e` in [0, 1): with
 * `p(u)` the density of the flow,
 *
 * `P(v) = ∫ p(v + e) de ≥ exp ⟨log p(v + e) − log q(e | v)⟩`, `e` from `q`.
 *
 * The noise is uniform (Theis, van den Oord and Bethge, "A note on the evaluation of generative models", 2016), or learned
 * together with the flow (Ho et al., "Flow++", 2019). `logProb` is such a bound, with few draws for the mean; with `K` of
 * them it is `log ⟨p(v + e) / q(e | v)⟩_K`, which grows with `K` on average, to `log P(v)`.
 *
 * `fit` maximises the bound with fresh noise at every step. Give it whole numbers, such as the `images` of an `ImageSet`.
 *
 * @example
 * const model = new DequantizedFlow({ flow: glow({ eventShape: [28, 28, 1] }) });
 * await fit(model, images);
 * const bits = model.bitsPerDim(test, { samples: 16 });
 */
export class DequantizedFlow extends VariationalModel {
  static override readonly className = 'DequantizedFlow';

  override readonly eventShape: Shape;
  override readonly contextShape: Shape | null;
  override readonly support: Interval;
  override readonly supportsTemperature: boolean;
  override readonly discrete = true;
  override readonly exact = false;
  /** The density of pixels with noise. */
  readonly flow: Flow;
  /** What the noise is drawn from. */
  readonly dequantizer: 'uniform' | Flow;
  /** Bits of a pixel value. */
  readonly bits: number;

  /**
   * @throws FlowConfigError for bits that are not a whole number from 1 to 16, or a dequantizer that gives other numbers.
   * @throws FlowShapeError for a dequantizer of another shape.
   */
  constructor({ flow, dequantizer = 'uniform', bits = 8 }: DequantizedFlowOptions) {
    super();
    checkBits('DequantizedFlow', bits);
    this.flow = this.child('flow', flow);
    if (dequantizer !== 'uniform') {
      checkDequantizer(dequantizer, flow.eventShape);
      this.child('dequantizer', dequantizer);
    }
    this.dequantizer = dequantizer;
    this.bits = bits;
    this.eventShape = flow.eventShape;
    this.contextShape = flow.contextShape;
    this.support = [0, 2 ** bits - 1];
    this.supportsTemperature = flow.supportsTemperature;
  }

  /**
   * An upper bound on the bits that a number of the image takes on average, `−log P(v) / (D ln 2)`: `bits` for a model that
   * knows nothing.
   *
   * @returns `[...batch]`
   */
  bitsPerDim(v: Tensor, options: DequantizedLogProbOptions = {}): Tensor {
    return tf.tidy(() => tf.div(this.logProb(v, options), -Math.LN2 * sizeOf(this.eventShape)));
  }

  /** What {@link dequantize} makes noise of, for so many images: `[rows, ...]`, uniform numbers or draws of a base. */
  override drawNoise(rows: number, stream: RandomStream): Tensor {
    if (this.dequantizer !== 'uniform') return this.dequantizer.base.sample(rows, { seed: stream });
    // On the grid of float32 just below 2^bits, so that v + e is exact, and never v + 1.
    const grid = 2 ** (24 - this.bits);
    const values = stream.uniform(rows * sizeOf(this.eventShape));
    for (let i = 0; i < values.length; i++) values[i] = Math.floor(values[i] * grid) / grid;
    return tf.tensor(values, [rows, ...this.eventShape], 'float32');
  }

  /**
   * Images with noise, `u = v + e`, and `log q(e | v)`, a scalar where it is the same for all.
   *
   * @param v whole numbers, `[rows, ...eventShape]`
   * @param noise as {@link drawNoise} gives it
   */
  dequantize(
    v: Tensor,
    noise: Tensor,
  ): {
    /** Pixels with noise, `v + e`, in [0, 2^bits). */
    readonly u: Tensor;
    /** `log q(e | v)` of the noise, `[rows]`. */
    readonly logDensity: Tensor;
  } {
    const { dequantizer, bits } = this;
    if (dequantizer === 'uniform') return { u: tf.add(v, noise), logDensity: tf.scalar(0) };
    const image = tf.sub(tf.mul(v, 2 ** -bits), 0.5);
    const [e, logDet] = dequantizer.bijector.forwardAndLogDet(noise, dequantizer.embed(image));
    // The largest number that can be added to every pixel value without rounding up to the next.
    const most = 1 - 2 ** (bits - 24);
    const logDensity = tf.sub(dequantizer.base.logProb(noise), logDet);
    return { u: tf.add(v, tf.mul(e, most)), logDensity: tf.sub(logDensity, sizeOf(this.eventShape) * Math.log(most)) };
  }

  /** Sets data-dependent parameters from one batch of images, `[rows, ...eventShape]`, with noise. */
  initialize(v: Tensor, { context = null }: LogProbOptions = {}): void {
    tf.tidy(() => {
      const noise = new RandomStream('initialize').uniformTensor(v.shape, 0, 1 - 2 ** (this.bits - 24));
      this.flow.initialize(tf.add(v, noise), { context });
      if (this.dequantizer === 'uniform') return;
      this.dequantizer.initialize(noise, { context: tf.sub(tf.mul(v, 2 ** -this.bits), 0.5) });
    });
  }

  /** `log p(v + e) − log q(e | v)`. */
  protected override logWeight(v: Tensor, noise: Tensor | null, context: Tensor | null): LogWeight {
    const { u, logDensity } = this.dequantize(v, noise!);
    return { value: tf.sub(this.flow.logProb(u, { context }), logDensity), choice: null };
  }

  /** Draws of the flow rounded down, and those outside of [0, 2^bits) to the nearest pixel value. */
  protected override draw(n: number, stream: RandomStream, context: Tensor | null, temperature: number): Tensor {
    const u = this.flow.sample(n, { seed: stream, context, temperature });
    return tf.minimum(tf.maximum(tf.floor(u), 0), 2 ** this.bits - 1);
  }

  override getConfig(): Config {
    return { flow: this.flow, dequantizer: this.dequantizer, bits: this.bits };
  }
}

function checkDequantizer({ eventShape, contextShape, support, base }: Flow, image: Shape): void {
  const where = 'DequantizedFlow.dequantizer';
  if (!sameShape(eventShape, image) || !contextShape || !sameShape(contextShape, image)) {
    throw new FlowShapeError(where, {
      expected: `events and contexts of shape ${formatShape(image)}, as images have`,
      got: `events of ${formatShape(eventShape)} and ${contextShape ? `contexts of ${formatShape(contextShape)}` : 'no contexts'}`,
      hint: 'It draws noise for an image that it is given as its context.',
    });
  }
  if (!(support[0] >= 0 && support[1] <= 1)) {
    throw new FlowConfigError(where, {
      expected: 'a flow of numbers in (0, 1)',
      got: `one of numbers in (${support.join(', ')})`,
      hint: 'Let its last bijector be a Sigmoid.',
    });
  }
  if (base.contextShape) {
    const got = `a ${base.className} with contexts`;
    throw new FlowConfigError(where, { expected: 'a flow whose base takes no context', got });
  }
}
