import { FlowConfigError } from '../../errors.js';
import { formatShape } from '../../shapes.js';

/** @throws FlowConfigError unless both lengths are multiples of `unit`. */
export function checkLattice(name: string, shape: readonly number[], unit: number): void {
  if (Array.isArray(shape) && shape.length === 2 && shape.every((length: number) => Number.isInteger(length) && length > 0 && length % unit === 0)) return; // prettier-ignore
  throw new FlowConfigError(`${name}.shape`, {
    expected: `two lengths, multiples of ${unit}`,
    got: Array.isArray(shape) ? formatShape(shape) : String(shape),
  });
}
