import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { sizeOf, type Shape } from '../shapes.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';
import { checkNumbers } from './check-numbers.js';

/** Options of {@link Scale}. Give `eventShape`, or `scale` with one number a coordinate. */
export interface ScaleOptions {
  /** Shape of one event. Default: one axis as long as `scale`. */
  readonly eventShape?: Shape;
  /** Initial scale, not zero: one number a coordinate, or one for all when `eventShape` is given. Default: 1. */
  readonly scale?: number | readonly number[];
  /** Whether log |scale| is trained. Default: true. */
  readonly learnable?: boolean;
}

/**
 * `y = scale · x`, elementwise; `log |det J| = Σ log |scale|`.
 *
 * The sign of each scale is fixed at construction; its logarithm is the parameter.
 *
 * @cost forward: formula; inverse: formula
 */
export class Scale extends Bijector {
  static override readonly className = 'Scale';
  static override readonly samples = [
    () => new Scale({ scale: [0.5, -2, 3] }),
    () => new Scale({ eventShape: [2, 2], scale: 0.25, learnable: false }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #logScale: Variable;
  /** Signs of the scales; null when all are positive. */
  readonly #sign: Variable | null;
  readonly #config: Config;

  /** @throws FlowConfigError for a scale that is zero, not finite, or has another length than an event. */
  constructor({ eventShape, scale = 1, learnable = true }: ScaleOptions) {
    super();
    const shape = eventShape ?? (typeof scale === 'number' ? undefined : [scale.length]);
    if (!shape) throw new FlowConfigError('Scale', { expected: '`eventShape` or a list `scale`', got: 'neither' });
    const size = sizeOf(shape);
    const values = typeof scale === 'number' ? Array<number>(size).fill(scale) : [...scale];
    checkNumbers('Scale.scale', values, size, (s) => Number.isFinite(s) && s !== 0, 'non-zero numbers');
    this.eventShapeIn = shape;
    this.eventShapeOut = shape;
    const logs = values.map((value) => Math.log(Math.abs(value)));
    this.#logScale = this.weight('logScale', shape, logs, { trainable: learnable });
    const negative = values.some((value) => value < 0);
    this.#sign = negative ? this.weight('sign', shape, values.map(Math.sign), { trainable: false }) : null;
    this.#config = { eventShape: shape, scale, learnable };
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return [tf.mul(x, this.signed(tf.exp(this.#logScale))), tf.sum(this.#logScale)];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    const logScale = tf.neg(this.#logScale);
    return [tf.mul(y, this.signed(tf.exp(logScale))), tf.sum(logScale)];
  }

  override getConfig(): Config {
    return this.#config;
  }

  private signed(scale: Tensor): Tensor {
    return this.#sign ? tf.mul(scale, this.#sign) : scale;
  }
}
