import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Conditioner } from '../../conditioners/conditioner.js';
import { ConvNet } from '../../conditioners/convolutional/conv-net.js';
import { ElementwiseAffine } from '../../elementwise/elementwise-affine.js';
import { FlowConfigError, FlowShapeError } from '../../errors.js';
import type { Config } from '../../module.js';
import { commonContextShape, formatShape, sameShape, sizeOf, type Shape } from '../../shapes.js';
import { Bijector, type Interval, type ValueAndLogDet } from '../bijector.js';
import { Chain } from '../chain.js';
import { conditionerRequest, sizedConditioner, type ConditionerRequest } from '../conditioner-request.js';
import { applyElementwise } from '../elementwise.js';
import { checkChannels, checkImage, type ImageShape } from './check-image.js';
import { Conv1x1 } from './conv1x1.js';
import { Squeeze } from './squeeze.js';

/** A level of {@link MultiScale}: a bijector from image to image, or how to build it for the images that arrive there. */
export type Level = Bijector | ((eventShape: Shape) => Bijector);

/** Options of {@link MultiScale}. */
export interface MultiScaleOptions {
  /** Shape of an image on the data side, `[height, width, channels]`. */
  readonly eventShape: Shape;
  /** The levels, from the data to the base. */
  readonly levels: readonly Level[];
  /**
   * Emits mean and log-scale of the channels that leave after a level from those that go on: how to build such a network
   * for each level but the last, or these networks. Null: what leaves goes to the base as it is. Default: null.
   */
  readonly prior?: ((request: ConditionerRequest, level: number) => Conditioner) | readonly Conditioner[] | null;
}

/** The learned prior of a split. */
const PRIOR = new ElementwiseAffine();

/**
 * The multi-scale architecture of Real NVP and Glow, from a flat base event `[height · width · channels]` to images: with two
 * levels `inverse: z = (b, level₂(a))`, `(a, b) = level₁(x)`.
 *
 * Seen from the data, an image passes through the first level; then half of its channels leave for the base, and the other
 * half is the image of the next level. After the last level all that is left goes to the base. With a `prior` `(m, s)` the
 * channels `b` that leave are first brought to zero mean and unit scale given the `a` that go on:
 *
 * `inverse: (a, b) = level(x)`, `z = (b - m(a)) exp(-s(a))`; `forward: b = m(a) + exp(s(a)) z`,
 *
 * which with a standard normal base is the learned conditional prior `b ~ N(m(a), exp(s(a))²)` of Glow. `s` is kept within ±5
 * (see {@link ElementwiseAffine}); networks built here start with `m = s = 0`. Log-determinants add up.
 *
 * Base coordinates: those that leave first come first, and the last level's stand at the end; each part in the order of
 * an image, row by row with the channels of a pixel together. The first half of the channels goes on, the second leaves.
 *
 * Source: Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", 2017, section 3.6; Kingma and Dhariwal, "Glow",
 * 2018, section 3 and appendix B.
 *
 * @cost forward: as its parts; inverse: as its parts
 * @domain ℝⁿ → images
 * @example
 * new MultiScale({
 *   eventShape: [32, 32, 3],
 *   levels: Array.from({ length: 3 }, () => (eventShape: Shape) => {
 *     const squeeze = new Squeeze({ eventShape });
 *     return new Chain({ bijectors: [...steps(squeeze.eventShapeIn), squeeze] }); // a chain goes from base to data
 *   }),
 *   prior: (request) => new ConvNet({ ...request, hidden: [64] }),
 * });
 */
export class MultiScale extends Bijector {
  static override readonly className = 'MultiScale';
  static override readonly samples = [
    () => new MultiScale({ eventShape: [4, 4, 1], levels: [mixed, mixed] }),
    () => new MultiScale({ eventShape: [2, 2, 1], levels: [mixed] }),
    () => {
      const prior = (request: ConditionerRequest) => new ConvNet({ ...request, hidden: [5], activation: 'tanh', contextShape: [2] }); // prettier-ignore
      return new MultiScale({ eventShape: [4, 2, 2], levels: [mixed, identity], prior });
    },
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  override readonly domainOut: Interval;
  readonly #levels: readonly Bijector[];
  readonly #priors: readonly Conditioner[] | null;
  /** Shape of what each level sends to the base. */
  readonly #parts: readonly ImageShape[];

  /**
   * @throws FlowConfigError when there is no level, or a prior does not fit.
   * @throws FlowShapeError when a level does not take the images that arrive there, or leaves an odd number of channels.
   */
  constructor({ eventShape, levels, prior = null }: MultiScaleOptions) {
    super();
    if (levels.length === 0) {
      throw new FlowConfigError('MultiScale', { expected: 'at least one level', got: 'an empty list' });
    }
    const parts: ImageShape[] = [];
    let arriving: Shape = checkImage('MultiScale', eventShape);
    this.#levels = levels.map((level, i) => {
      const built = this.child(`level${i}`, typeof level === 'function' ? level(arriving) : level);
      checkArrival(built, arriving, i);
      const [height, width, channels] = checkImage(`MultiScale.level${i}`, built.eventShapeIn);
      const isLast = i === levels.length - 1;
      if (!isLast) checkChannels(`MultiScale.level${i}`, [height, width, channels], 2);
      parts.push([height, width, isLast ? channels : channels / 2]);
      arriving = parts[i];
      return built;
    });
    this.#parts = parts;
    this.#priors = prior && this.priors(prior);
    this.eventShapeIn = [sizeOf(eventShape)];
    this.eventShapeOut = eventShape;
    this.domainOut = this.#levels[0].domainOut;
    this.contextShape = commonContextShape('MultiScale', [...this.#levels, ...(this.#priors ?? [])]);
  }

  override initialize(data: Tensor, context: Tensor | null = null): void {
    tf.tidy(() => {
      let image = data;
      this.#levels.forEach((level, i) => {
        const own = level.contextShape && context;
        level.initialize(image, own);
        if (i < this.#levels.length - 1) [image] = halves(level.inverse(image, own));
      });
    });
  }

  protected override mapForward(z: Tensor, context: Tensor | null): ValueAndLogDet {
    // TF.js has no gradient of a split into one part.
    const parts = this.#parts.length > 1 ? tf.split(z, this.#parts.map(sizeOf), 1) : [z];
    const images = parts.map((part, i) => tf.reshape(part, [z.shape[0], ...this.#parts[i]]));
    const logDets: Tensor[] = [];
    const value = this.#levels.reduceRight<Tensor | null>((kept, level, i) => {
      let image = images[i];
      if (kept) {
        const [left, logDet] = this.prior(i, 'forward', kept, image, context);
        image = tf.concat([kept, left], 3);
        if (logDet) logDets.push(logDet);
      }
      const [value, logDet] = level.forwardAndLogDet(image, level.contextShape && context);
      logDets.push(logDet);
      return value;
    }, null);
    return [value!, total(logDets)];
  }

  protected override mapInverse(x: Tensor, context: Tensor | null): ValueAndLogDet {
    const parts: Tensor[] = [];
    const logDets: Tensor[] = [];
    let arriving = x;
    this.#levels.forEach((level, i) => {
      const [image, logDet] = level.inverseAndLogDet(arriving, level.contextShape && context);
      logDets.push(logDet);
      if (i === this.#levels.length - 1) {
        parts.push(image);
        return;
      }
      const [kept, left] = halves(image);
      const [part, priorLogDet] = this.prior(i, 'inverse', kept, left, context);
      if (priorLogDet) logDets.push(priorLogDet);
      parts.push(part);
      arriving = kept;
    });
    const flat = parts.map((part, i) => tf.reshape(part, [x.shape[0], sizeOf(this.#parts[i])]));
    return [tf.concat(flat, 1), total(logDets)];
  }

  override getConfig(): Config {
    return { eventShape: this.eventShapeOut, levels: this.#levels, prior: this.#priors };
  }

  private priors(prior: NonNullable<MultiScaleOptions['prior']>): Conditioner[] {
    const splits = this.#parts.slice(0, -1);
    if (typeof prior !== 'function' && prior.length !== splits.length) {
      throw new FlowConfigError('MultiScale', {
        expected: `a prior for each level but the last, ${splits.length} in all`,
        got: `${prior.length}`,
      });
    }
    return splits.map(([, , channels], i) => {
      const request = conditionerRequest(channels, channels, PRIOR);
      const network = typeof prior === 'function' ? prior(request, i) : prior[i];
      sizedConditioner(`MultiScale.prior${i}`, request, network, 'ConvNet');
      return this.child(`prior${i}`, network);
    });
  }

  /** What leaves after a level, in either direction. */
  private prior(
    level: number,
    direction: 'forward' | 'inverse',
    kept: Tensor,
    left: Tensor,
    context: Tensor | null,
  ): [Tensor, Tensor | null] {
    const network = this.#priors?.[level];
    if (!network) return [left, null];
    const raw = network.apply(kept, network.contextShape && context);
    return applyElementwise(left, raw, PRIOR, (flat, parameters) => PRIOR[direction](flat, parameters));
  }
}

/** First and second half of the channels. */
function halves(image: Tensor): [Tensor, Tensor] {
  return tf.split(image, 2, 3) as [Tensor, Tensor];
}

function total(logDets: readonly Tensor[]): Tensor {
  return logDets.reduce((sum, logDet) => tf.add(sum, logDet));
}

/** @throws FlowShapeError when a level takes other images than those that arrive. */
function checkArrival(level: Bijector, arriving: Shape, i: number): void {
  if (sameShape(level.eventShapeOut, arriving)) return;
  throw new FlowShapeError(`MultiScale.level${i}`, {
    expected: `a ${level.className} with images of shape ${formatShape(arriving)} on its data side`,
    got: formatShape(level.eventShapeOut),
    hint: 'List the levels from data to base. A function `(eventShape) => Bijector` is told the shape.',
  });
}

/** A level of the samples. */
function mixed(eventShape: Shape): Bijector {
  const squeeze = new Squeeze({ eventShape });
  return new Chain({ bijectors: [new Conv1x1({ eventShape: squeeze.eventShapeIn, seed: 1 }), squeeze] });
}

function identity(eventShape: Shape): Bijector {
  return new Conv1x1({ eventShape, initial: 'identity' });
}
