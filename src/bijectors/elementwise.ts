import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Conditioner } from '../conditioners/conditioner.js';
import { MLP } from '../conditioners/mlp.js';
import type { ElementwiseResult, ElementwiseTransform } from '../elementwise/elementwise-transform.js';
import { ElementwiseAffine } from '../elementwise/elementwise-affine.js';
import { RationalQuadraticSpline } from '../elementwise/rational-quadratic-spline.js';
import { FlowConfigError } from '../errors.js';
import { sumLogDets } from '../kernels/sum-log-dets/op.js';
import type { Config } from '../module.js';
import { sizeOf, type Shape } from '../shapes.js';
import { Bijector, type Interval, type ValueAndLogDet } from './bijector.js';

/** Options of {@link Elementwise}. */
export interface ElementwiseOptions {
  /** Shape of one event. */
  readonly eventShape: Shape;
  /** The scalar map applied to every coordinate, each with parameters of its own. */
  readonly transform: ElementwiseTransform;
  /** Emits all parameters from the context: no inputs, `sizeOf(eventShape) · parameterCount` outputs. Default: none. */
  readonly conditioner?: Conditioner | null;
}

/**
 * A scalar map on each coordinate on its own, with trained parameters or with parameters computed from a context:
 * `yᵢ = τ(xᵢ; θᵢ)`, `log |det J| = Σ log τ′(xᵢ; θᵢ)`. It starts as the identity.
 *
 * @cost forward: as its parts; inverse: as its parts
 * @domain that of its scalar map
 */
export class Elementwise extends Bijector {
  static override readonly className = 'Elementwise';
  static override readonly samples = [
    () => new Elementwise({ eventShape: [2], transform: new RationalQuadraticSpline({ bins: 4 }) }),
    () => {
      const conditioner = new MLP({ inputs: 0, outputs: 2 * 3, hidden: [8], contextShape: [2] });
      return new Elementwise({ eventShape: [3], transform: new ElementwiseAffine(), conditioner });
    },
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  override readonly domainIn: Interval;
  override readonly domainOut: Interval;
  /** The scalar map of every coordinate. */
  readonly transform: ElementwiseTransform;
  readonly #conditioner: Conditioner | null;
  readonly #parameters: Variable | null;

  /** @throws FlowConfigError when the conditioner's sizes do not fit. */
  constructor({ eventShape, transform, conditioner = null }: ElementwiseOptions) {
    super();
    const count = sizeOf(eventShape) * transform.parameterCount;
    if (conditioner && (conditioner.inputs !== 0 || conditioner.outputs !== count)) {
      throw new FlowConfigError('Elementwise', {
        expected: `a conditioner from 0 inputs (context alone) to ${count} outputs`,
        got: `${conditioner.inputs} to ${conditioner.outputs}`,
      });
    }
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.domainIn = transform.domainIn;
    this.domainOut = transform.domainOut;
    this.transform = transform;
    this.#conditioner = conditioner && this.child('conditioner', conditioner);
    this.contextShape = conditioner?.contextShape ?? null;
    const start = transform.identityParameters();
    const repeated = Array.from({ length: count }, (_, i) => start[i % start.length]);
    this.#parameters = conditioner ? null : this.weight('parameters', [count], repeated);
  }

  override initialize(data: Tensor, context: Tensor | null = null): void {
    tf.tidy(() => this.#conditioner?.initialize(tf.zeros([data.shape[0], 0]), context));
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.map(x, context, (flat, raw) => this.transform.forward(flat, raw));
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.map(y, context, (flat, raw) => this.transform.inverse(flat, raw));
  }

  override getConfig(): Config {
    return { eventShape: this.eventShapeIn, transform: this.transform, conditioner: this.#conditioner };
  }

  private map(
    x: Tensor,
    context: Tensor | null,
    apply: (flat: Tensor, raw: Tensor) => ElementwiseResult,
  ): ValueAndLogDet {
    const batch = x.shape[0];
    const raw = this.#conditioner
      ? this.#conditioner.apply(tf.zeros([batch, 0]), context)
      : tf.add(tf.zeros([batch, this.#parameters!.size]), this.#parameters!);
    return applyElementwise(x, raw, this.transform, apply);
  }
}

/**
 * Applies a scalar map to every entry of `x` with its own slice of `raw`, `[batch, size · parameterCount]`, and sums the
 * log-derivatives of each row.
 */
export function applyElementwise(
  x: Tensor,
  raw: Tensor,
  transform: ElementwiseTransform,
  apply: (flat: Tensor, raw: Tensor) => ElementwiseResult,
): ValueAndLogDet {
  const batch = x.shape[0];
  const { value, logDet } = apply(tf.reshape(x, [-1]), tf.reshape(raw, [x.size, transform.parameterCount]));
  return [tf.reshape(value, x.shape), sumLogDets(tf.reshape(logDet, [batch, sizeOf(x.shape.slice(1))]))];
}
