import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Conditioner } from '../../conditioners/conditioner.js';
import { ConvNet } from '../../conditioners/convolutional/conv-net.js';
import { CIRCLE, wrapAngle } from '../../elementwise/circle.js';
import { CircularRationalQuadraticSpline } from '../../elementwise/circular-rational-quadratic-spline.js';
import type { ElementwiseTransform } from '../../elementwise/elementwise-transform.js';
import { Moebius } from '../../elementwise/moebius.js';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import { linksAlong, plaquettesOf } from '../../numerics/lattice.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type Interval, type ValueAndLogDet } from '../bijector.js';
import { conditionerRequest, sizedConditioner, type ConditionerOrBuilder, type ConditionerRequest } from '../conditioner-request.js'; // prettier-ignore
import { applyElementwise } from '../elementwise.js';
import { Partition } from '../partition.js';
import { checkLattice } from './check-lattice.js';

/** Options of {@link PlaquetteCoupling}. */
export interface PlaquetteCouplingOptions {
  /** Lengths of the periodic lattice, multiples of 4. */
  readonly shape: readonly [number, number];
  /** Direction of the links that move. */
  readonly direction: 0 | 1;
  /** Which line of every four, across their direction, they lie on. Default: 0. */
  readonly offset?: 0 | 1 | 2 | 3;
  /** The map of the circle applied to plaquettes, such as `CircularRationalQuadraticSpline` or `Moebius`. */
  readonly transform: ElementwiseTransform;
  /**
   * Emits its parameters at each site from cosine and sine of frozen plaquettes, `[batch, L₀, L₁, 2]` to `[batch, L₀, L₁, parameterCount]`:
   * a network on images, or how to build it. With circular padding the layer commutes with translations by four sites, too.
   */
  readonly conditioner: ConditionerOrBuilder;
}

/** Lines of a stripe: one moves, the plaquettes before it change along, two stay as they are. */
const STRIPE = 4;

/**
 * Gauge-equivariant coupling of U(1) link angles `[2, L₀, L₁]` on a periodic lattice. With the plaquettes
 * `P(n) = x₀(n) + x₁(n + e₀) - x₀(n + e₁) - x₁(n)`, those on every fourth line are moved by a map of the circle,
 * `P' = τ(P; θ(cos P_frozen, sin P_frozen))`, and one link of each takes the difference, `x₀ += P' - P` or `x₁ -= P' - P`:
 * `log |det J| = Σ log τ′`. It commutes with every gauge transformation, since plaquettes are all it looks at; the eight
 * layers of both directions and four offsets move each link once.
 *
 * Source: Kanwar et al., "Equivariant flow-based sampling for lattice gauge theory", 2020; Foreman et al., "HMC with normalizing
 * flows", 2021, section 3. Their map `2 atan(eˢ tan(P/2))` is a {@link Moebius} one whose centre is on the real axis.
 *
 * @cost forward: one pass (and what its scalar map costs); inverse: one pass (and what its scalar map costs)
 * @domain angles in [-π, π]
 * @example
 * new PlaquetteCoupling({
 *   shape: [8, 8],
 *   direction: 0,
 *   transform: new CircularRationalQuadraticSpline({ bins: 8 }),
 *   conditioner: (request) => new ConvNet({ ...request, hidden: [8, 8], padding: 'circular' }),
 * });
 */
export class PlaquetteCoupling extends Bijector {
  static override readonly className = 'PlaquetteCoupling';
  static override readonly samples = [
    () => {
      const conditioner = (request: ConditionerRequest) => new ConvNet({ ...request, hidden: [4], activation: 'tanh', padding: 'circular', seed: 1 }); // prettier-ignore
      return new PlaquetteCoupling({ shape: [4, 4], direction: 0, transform: new CircularRationalQuadraticSpline({ bins: 3 }), conditioner }); // prettier-ignore
    },
    () => {
      const conditioner = (request: ConditionerRequest) => new ConvNet({ ...request, hidden: [3], activation: 'tanh', padding: 'circular', seed: 2 }); // prettier-ignore
      return new PlaquetteCoupling({ shape: [4, 8], direction: 1, offset: 3, transform: new Moebius({ components: 1 }), conditioner }); // prettier-ignore
    },
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  override readonly domainIn: Interval = CIRCLE;
  override readonly domainOut: Interval = CIRCLE;
  readonly #direction: 0 | 1;
  readonly #offset: 0 | 1 | 2 | 3;
  readonly #transform: ElementwiseTransform;
  readonly #conditioner: Conditioner;
  /** Lines across the direction of the links, of those that move and the others. */
  readonly #lines: Partition;
  /** 1 at the plaquettes that stay as they are, `[L₀, L₁, 1]`. */
  readonly #frozen: Tensor;

  /**
   * @throws FlowConfigError for lengths that are no multiples of 4, a direction or an offset that there is not, a map that is not
   * one of the circle, or a conditioner that does not fit it.
   */
  constructor({ shape, direction, offset = 0, transform, conditioner }: PlaquetteCouplingOptions) {
    super();
    checkLattice('PlaquetteCoupling', shape, STRIPE);
    checkChoice('direction', direction, [0, 1]);
    checkChoice('offset', offset, [0, 1, 2, 3]);
    if (!transform.circular) {
      throw new FlowConfigError('PlaquetteCoupling.transform', {
        expected: 'a map of the circle',
        got: transform.className,
        hint: 'Use `CircularRationalQuadraticSpline` or `Moebius`.',
      });
    }
    const network = sizedConditioner('PlaquetteCoupling', conditionerRequest(2, 1, transform), conditioner, 'ConvNet');
    this.eventShapeIn = [2, ...shape];
    this.eventShapeOut = [2, ...shape];
    this.#direction = direction;
    this.#offset = offset;
    this.#transform = transform;
    this.#conditioner = this.child('conditioner', network);
    this.contextShape = network.contextShape;
    const across = 1 - direction;
    const line = (i: number) => (i - offset + STRIPE) % STRIPE;
    this.#lines = new Partition('PlaquetteCoupling', Array.from({ length: shape[across] }, (_, i) => line(i) === 0), across + 1); // prettier-ignore
    const frozen = Array.from({ length: shape[across] }, (_, i) => (line(i) === 1 || line(i) === 2 ? 1 : 0));
    this.#frozen = this.constant(
      'frozen',
      tf.tidy(() => tf.add(tf.zeros([...shape, 1]), tf.tensor(frozen, across === 0 ? [shape[0], 1, 1] : [1, shape[1], 1]))), // prettier-ignore
    );
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.move(x, context, 'forward');
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.move(y, context, 'inverse');
  }

  override getConfig(): Config {
    const [, ...shape] = this.eventShapeIn;
    return {
      shape,
      direction: this.#direction,
      offset: this.#offset,
      transform: this.#transform,
      conditioner: this.#conditioner,
    };
  }

  private move(links: Tensor, context: Tensor | null, way: 'forward' | 'inverse'): ValueAndLogDet {
    const directions = [linksAlong(links, 0), linksAlong(links, 1)] as const;
    const plaquettes = plaquettesOf(...directions);
    const raw = this.#conditioner.apply(this.seen(plaquettes), context);
    const before = wrapAngle(this.#lines.takeTransformed(plaquettes));
    const parameters = this.#lines.takeTransformed(raw);
    const [after, logDet] = applyElementwise(before, parameters, this.#transform, (flat, p) => this.#transform[way](flat, p)); // prettier-ignore
    const own = directions[this.#direction];
    const change = this.#direction === 0 ? tf.sub(after, before) : tf.sub(before, after);
    const moved = wrapAngle(tf.add(this.#lines.takeTransformed(own), change));
    const result = this.#lines.join(this.#lines.takeKept(own), moved);
    return [tf.stack(this.#direction === 0 ? [result, directions[1]] : [directions[0], result], 1), logDet];
  }

  /** Cosine and sine of the frozen plaquettes, zeros elsewhere: `[batch, L₀, L₁, 2]`. */
  private seen(plaquettes: Tensor): Tensor {
    return tf.mul(tf.stack([tf.cos(plaquettes), tf.sin(plaquettes)], 3), this.#frozen);
  }
}

function checkChoice(name: string, value: number, choices: readonly number[]): void {
  if (choices.includes(value)) return;
  throw new FlowConfigError(`PlaquetteCoupling.${name}`, { expected: choices.join(' or '), got: String(value) });
}
