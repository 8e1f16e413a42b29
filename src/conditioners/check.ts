import { FlowConfigError } from '../errors.js';
import { formatShape, sizeOf, type Shape } from '../shapes.js';
import { ACTIVATION_NAMES, type ActivationName } from './activation.js';

/** @throws FlowConfigError unless `value` is an integer of at least `minimum`. */
export function checkInteger(where: string, value: number, minimum = 1): void {
  if (!Number.isInteger(value) || value < minimum) {
    throw new FlowConfigError(where, {
      expected: minimum === 1 ? 'a positive integer' : `an integer of at least ${minimum}`,
      got: Array.isArray(value) ? formatShape(value) : String(value),
    });
  }
}

/** @throws FlowConfigError unless `widths` is a list of positive integers. */
export function checkWidths(where: string, widths: readonly number[]): void {
  if (!Array.isArray(widths)) {
    throw new FlowConfigError(where, { expected: 'a list of layer widths, such as [64, 64]', got: String(widths) });
  }
  widths.forEach((width: number, layer) => checkInteger(`${where}[${layer}]`, width));
}

/** @throws FlowConfigError for a name that is not an {@link ActivationName}. */
export function checkActivation(where: string, name: ActivationName): void {
  if (!ACTIVATION_NAMES.includes(name)) {
    throw new FlowConfigError(where, { expected: `one of ${ACTIVATION_NAMES.join(', ')}`, got: `"${name}"` });
  }
}

/** @throws FlowConfigError unless `rate` lies in [0, 1). */
export function checkDropout(where: string, rate: number): void {
  if (!(rate >= 0 && rate < 1)) {
    throw new FlowConfigError(where, { expected: 'a probability in [0, 1)', got: String(rate) });
  }
}

/** @throws FlowConfigError unless `range` is a finite number of at least 0. */
export function checkInitialRange(where: string, range: number): void {
  if (!(range >= 0 && Number.isFinite(range))) {
    throw new FlowConfigError(where, { expected: 'a finite number of at least 0', got: String(range) });
  }
}

/** @throws FlowConfigError unless `values` is null or `length` finite numbers. */
export function checkInitialOutput(where: string, values: readonly number[] | null, length: number): void {
  if (values === null) return;
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (values.length !== length || bad >= 0) {
    throw new FlowConfigError(where, {
      expected: `${length} finite numbers, one an output`,
      got: bad >= 0 ? `${values[bad]} at index ${bad}` : `${values.length}`,
    });
  }
}

/**
 * Entries of one flattened context; 0 without one.
 *
 * @throws FlowConfigError for a shape with an axis that is not a positive integer.
 */
export function contextSizeOf(where: string, contextShape: Shape | null): number {
  if (contextShape === null) return 0;
  if (!Array.isArray(contextShape) || contextShape.some((length) => !Number.isInteger(length) || length < 1)) {
    throw new FlowConfigError(where, {
      expected: 'a shape of positive integers, or null',
      got: Array.isArray(contextShape) ? formatShape(contextShape) : String(contextShape),
    });
  }
  return sizeOf(contextShape);
}
