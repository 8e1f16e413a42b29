import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import {
  checkInversion,
  givenInversion,
  invertMonotone,
  type Curve,
  type InversionOptions,
} from '../numerics/invert-monotone.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';

/** Options of every {@link NumericElementwise}: how far the search for its inverse goes. */
export type NumericElementwiseOptions = InversionOptions;

/**
 * A strictly increasing scalar map with a formula in one direction only: {@link NumericElementwise.curve}. The other
 * direction is found numerically, with the derivatives of the implicit function (see `invertMonotone`), and looks at the
 * numbers on the way: it waits for a GPU, and cannot be part of a planned step.
 *
 * The formula runs data → base unless a subclass says otherwise, so that densities cost one evaluation; `Invert` on the
 * layer exchanges the directions.
 *
 * @throws FlowNumericsError from the numeric direction, when a row has not converged after `maxSteps` evaluations.
 */
export abstract class NumericElementwise extends ElementwiseTransform {
  /** The direction that has the formula. */
  readonly closed: 'forward' | 'inverse';
  readonly #inversion: InversionOptions;

  /** @throws FlowConfigError for a tolerance or number of steps that is not positive. */
  constructor(options: NumericElementwiseOptions, closed: 'forward' | 'inverse' = 'inverse') {
    super();
    this.#inversion = givenInversion(options);
    checkInversion(this.className, this.#inversion);
    this.closed = closed;
  }

  /**
   * The formula: from raw parameters, `[n, parameterCount]`, to values and log-slopes at points, `[n]` each. What does
   * not depend on the point is best computed before the function is returned, which is called many times.
   */
  protected abstract curve(raw: Tensor): Curve;

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    return this.#map('forward', x, raw);
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    return this.#map('inverse', y, raw);
  }

  /** The options of the search that were given. */
  getConfig(): Config {
    return { ...this.#inversion };
  }

  #map(direction: 'forward' | 'inverse', at: Tensor, raw: Tensor): ElementwiseResult {
    const curve = this.curve(raw);
    if (direction === this.closed) {
      const { value, logSlope } = curve(at);
      return { value, logDet: logSlope };
    }
    const interval = direction === 'forward' ? this.domainOut : this.domainIn;
    const root = invertMonotone(`${this.className}.${direction}`, curve, at, this.#inversion, interval);
    return { value: root.value, logDet: tf.neg(root.logSlope) };
  }
}

/** @throws FlowConfigError unless `value` is an integer of at least `least`. */
export function checkCount(where: string, name: string, value: number, least = 1): void {
  if (!Number.isInteger(value) || value < least) {
    throw new FlowConfigError(where, { expected: `${name}: a whole number, at least ${least}`, got: String(value) });
  }
}

/** @throws FlowConfigError unless `value` is positive and finite. */
export function checkPositiveNumber(where: string, name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) {
    throw new FlowConfigError(where, { expected: `${name}: a positive number`, got: String(value) });
  }
}
