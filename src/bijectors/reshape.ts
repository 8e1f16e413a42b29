import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../errors.js';
import type { Config } from '../module.js';
import { formatShape, sizeOf, type Shape } from '../shapes.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';

/** Options of {@link Reshape}. */
export interface ReshapeOptions {
  /** Event shape on the base side. */
  readonly eventShapeIn: Shape;
  /** Event shape on the data side, with as many entries. */
  readonly eventShapeOut: Shape;
}

/**
 * The same numbers in the same (row-major) order under another event shape; `log |det J| = 0`.
 *
 * @cost forward: formula; inverse: formula
 * @domain any
 */
export class Reshape extends Bijector {
  static override readonly className = 'Reshape';
  static override readonly samples = [
    () => new Reshape({ eventShapeIn: [6], eventShapeOut: [2, 3] }),
    () => new Reshape({ eventShapeIn: [], eventShapeOut: [1] }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;

  /** @throws FlowShapeError when the two shapes differ in size. */
  constructor({ eventShapeIn, eventShapeOut }: ReshapeOptions) {
    super();
    if (sizeOf(eventShapeIn) !== sizeOf(eventShapeOut)) {
      throw new FlowShapeError('Reshape', {
        expected: `an \`eventShapeOut\` with as many entries as ${formatShape(eventShapeIn)}, ${sizeOf(eventShapeIn)}`,
        got: `${formatShape(eventShapeOut)}, ${sizeOf(eventShapeOut)} entries`,
      });
    }
    this.eventShapeIn = eventShapeIn;
    this.eventShapeOut = eventShapeOut;
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return [tf.reshape(x, [x.shape[0], ...this.eventShapeOut]), tf.scalar(0)];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    return [tf.reshape(y, [y.shape[0], ...this.eventShapeIn]), tf.scalar(0)];
  }

  override getConfig(): Config {
    return { eventShapeIn: this.eventShapeIn, eventShapeOut: this.eventShapeOut };
  }
}
