import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Conditioner } from '../../conditioners/conditioner.js';
import { ConvNet } from '../../conditioners/convolutional/conv-net.js';
import { ElementwiseAffine } from '../../elementwise/elementwise-affine.js';
import type { ElementwiseTransform } from '../../elementwise/elementwise-transform.js';
import { RationalQuadraticSpline } from '../../elementwise/rational-quadratic-spline.js';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import { commonContextShape, type Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { conditionerRequest, sizedConditioner, type ConditionerRequest } from '../conditioner-request.js';
import { applyElementwise } from '../elementwise.js';
import { checkChannels, checkImage } from './check-image.js';

/** Options of {@link QuadCoupling}. */
export interface QuadCouplingOptions {
  /** Shape of an image, `[height, width, channels]`; the channels are a multiple of four. */
  readonly eventShape: Shape;
  /**
   * Emits the parameters of the second, third and fourth quarter of the channels from those before it: how to build such
   * a network on images, or the three of them. `index` counts from 0.
   */
  readonly conditioner: ((request: ConditionerRequest, index: number) => Conditioner) | readonly Conditioner[];
  /** The scalar map of the last three quarters. Default: {@link ElementwiseAffine}. */
  readonly transform?: ElementwiseTransform;
}

/**
 * Coupling of four quarters of the channels: each is mapped in a way that depends on all before it, as they are on the data
 * side,
 *
 * `inverse: z₁ = x₁`, `zₖ = τ⁻¹(xₖ; θₖ(x₁, …, xₖ₋₁, context))` for `k = 2, 3, 4`; `log |det J|` is the sum over all `τ′`.
 *
 * Densities take all three networks at once; generation recovers `x₂`, then `x₃`, then `x₄`. The paper's map, `(x + t) s` with
 * `s = sigmoid(raw + 2)`, is affine; so is the default here, with a scale of another form, and splines do as well.
 *
 * Source: Nagar, Dufraisse, Varma, "CInC Flow: Characterizable invertible 3×3 convolution", 2021, section 3.3.
 *
 * @cost forward: passes (three, one a quarter); inverse: one pass
 * @example
 * new QuadCoupling({
 *   eventShape: [16, 16, 12],
 *   conditioner: (request, index) => new ConvNet({ ...request, hidden: [64, 64], seed: `quad.${index}` }),
 * });
 */
export class QuadCoupling extends Bijector {
  static override readonly className = 'QuadCoupling';
  static override readonly samples = [
    () => {
      const conditioner = (request: ConditionerRequest) => new ConvNet({ ...request, hidden: [6], activation: 'tanh', contextShape: [2] }); // prettier-ignore
      return new QuadCoupling({ eventShape: [1, 2, 4], conditioner });
    },
    () => {
      const conditioner = (request: ConditionerRequest) => new ConvNet({ ...request, hidden: [6], activation: 'tanh' });
      return new QuadCoupling({
        eventShape: [1, 2, 8],
        conditioner,
        transform: new RationalQuadraticSpline({ bins: 3 }),
      });
    },
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  readonly #transform: ElementwiseTransform;
  readonly #conditioners: readonly Conditioner[];

  /**
   * @throws FlowShapeError when events are not images whose channels four divides.
   * @throws FlowConfigError when there are not three conditioners, or one does not fit.
   */
  constructor({ eventShape, conditioner, transform = new ElementwiseAffine() }: QuadCouplingOptions) {
    super();
    const image = checkImage('QuadCoupling', eventShape);
    checkChannels('QuadCoupling', image, 4);
    if (typeof conditioner !== 'function' && conditioner.length !== 3) {
      throw new FlowConfigError('QuadCoupling', { expected: 'three conditioners', got: `${conditioner.length}` });
    }
    const quarter = image[2] / 4;
    this.#conditioners = [1, 2, 3].map((known, index) => {
      const request = conditionerRequest(known * quarter, quarter, transform);
      const network = typeof conditioner === 'function' ? conditioner(request, index) : conditioner[index];
      sizedConditioner(`QuadCoupling.conditioner${index}`, request, network, 'ConvNet');
      return this.child(`conditioner${index}`, network);
    });
    this.#transform = transform;
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.contextShape = commonContextShape('QuadCoupling', this.#conditioners);
  }

  protected override mapForward(z: Tensor, context: Tensor | null): ValueAndLogDet {
    const [first, ...others] = tf.split(z, 4, 3);
    const known = [first];
    const logDets = others.map((part) => {
      const [x, logDet] = this.map('forward', part, known, context);
      known.push(x);
      return logDet;
    });
    return [tf.concat(known, 3), tf.addN(logDets)];
  }

  protected override mapInverse(x: Tensor, context: Tensor | null): ValueAndLogDet {
    const parts = tf.split(x, 4, 3);
    const mapped = parts.slice(1).map((part, i) => this.map('inverse', part, parts.slice(0, i + 1), context));
    return [tf.concat([parts[0], ...mapped.map(([z]) => z)], 3), tf.addN(mapped.map(([, logDet]) => logDet))];
  }

  override getConfig(): Config {
    return { eventShape: this.eventShapeIn, conditioner: this.#conditioners, transform: this.#transform };
  }

  /** One quarter, given those before it on the data side. */
  private map(direction: 'forward' | 'inverse', part: Tensor, known: Tensor[], context: Tensor | null): ValueAndLogDet {
    const network = this.#conditioners[known.length - 1];
    const raw = network.apply(tf.concat(known, 3), network.contextShape && context);
    return applyElementwise(part, raw, this.#transform, (flat, parameters) =>
      this.#transform[direction](flat, parameters),
    );
  }
}
