import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { sizeOf, type Shape } from '../shapes.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';
import { checkNumbers } from './check-numbers.js';

/** Options of {@link Shift}. Give `eventShape`, or `shift` with one number a coordinate. */
export interface ShiftOptions {
  /** Shape of one event. Default: one axis as long as `shift`. */
  readonly eventShape?: Shape;
  /** Initial shift: one number a coordinate, or one for all when `eventShape` is given. Default: 0. */
  readonly shift?: number | readonly number[];
  /** Whether the shift is trained. Default: true. */
  readonly learnable?: boolean;
}

/**
 * `y = x + shift`, elementwise; `log |det J| = 0`.
 *
 * @cost forward: formula; inverse: formula
 */
export class Shift extends Bijector {
  static override readonly className = 'Shift';
  static override readonly samples = [
    () => new Shift({ shift: [0.5, -2] }),
    () => new Shift({ eventShape: [2, 2], shift: 3, learnable: false }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #shift: Variable;
  readonly #config: Config;

  /** @throws FlowConfigError for a shift that is not finite or has another length than an event. */
  constructor({ eventShape, shift = 0, learnable = true }: ShiftOptions) {
    super();
    const shape = eventShape ?? (typeof shift === 'number' ? undefined : [shift.length]);
    if (!shape) throw new FlowConfigError('Shift', { expected: '`eventShape` or a list `shift`', got: 'neither' });
    const size = sizeOf(shape);
    const values = typeof shift === 'number' ? Array<number>(size).fill(shift) : [...shift];
    checkNumbers('Shift.shift', values, size, Number.isFinite, 'finite numbers');
    this.eventShapeIn = shape;
    this.eventShapeOut = shape;
    this.#shift = this.weight('shift', shape, values, { trainable: learnable });
    this.#config = { eventShape: shape, shift, learnable };
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return [tf.add(x, this.#shift), tf.scalar(0)];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    return [tf.sub(y, this.#shift), tf.scalar(0)];
  }

  override getConfig(): Config {
    return this.#config;
  }
}
