import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowDataError } from '../../errors.js';
import { isTracing } from '../../replay/trace.js';
import { flattenBatch, type Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';

/** What is wrong with some rows. */
export interface Fault {
  /** In words, for the first of them. */
  readonly got: string;
  /** The first rows that break it. */
  readonly rows: readonly number[];
}

/**
 * A map from free coordinates onto points that satisfy a constraint, such as numbers that sum to 1: an event on the data side has
 * more numbers than the base side has. Log-determinants are those of the map to as many of its numbers as are free, which a
 * subclass names; densities are with respect to these.
 *
 * `inverse` looks at its rows and throws when they violate the constraint, and so does `initialize`, with which `fit` starts. It
 * does not where a gradient is being taken or a step is planned, which must not wait for numbers; there such rows get a
 * log-determinant of `-Infinity` or NaN.
 */
export abstract class ConstrainedMap extends Bijector {
  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;

  constructor(free: number, eventShapeOut: Shape) {
    super();
    this.eventShapeIn = [free];
    this.eventShapeOut = eventShapeOut;
  }

  /** The constraint in words. */
  protected abstract readonly constraint: string;
  /** What to do about rows that violate it; a full sentence. */
  protected abstract readonly remedy: string;

  /** What is wrong with rows `[batch, ...eventShapeOut]`, or null. */
  protected abstract faultOf(y: Tensor): Fault | null;

  /** `mapInverse` of rows that may violate the constraint. */
  protected abstract pull(y: Tensor): ValueAndLogDet;

  /** @throws FlowDataError naming rows, where the constraint is violated. */
  override initialize(data: Tensor): void {
    tf.tidy(() => {
      const batchShape = data.shape.slice(0, data.rank - this.eventShapeOut.length);
      this.#check('initialize', flattenBatch(data, batchShape, this.eventShapeOut));
    });
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    if (tf.engine().state.gradientDepth === 0 && !isTracing()) this.#check('inverse', y);
    return this.pull(y);
  }

  #check(method: string, y: Tensor): void {
    const fault = this.faultOf(y);
    if (!fault) return;
    const { got, rows } = fault;
    throw new FlowDataError(`${this.className}.${method}`, {
      expected: this.constraint,
      got: `${got} in row ${rows[0]}${rows.length > 1 ? `, and ${rows.length - 1} such rows more` : ''}`,
      hint: this.remedy,
      rows: rows.slice(0, 10),
    });
  }
}
