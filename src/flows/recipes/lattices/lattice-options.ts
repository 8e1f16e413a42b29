import type { ActivationName } from '../../../conditioners/activation.js';
import { FlowConfigError } from '../../../errors.js';
import type { Seed } from '../../../random.js';
import { formatShape } from '../../../shapes.js';

/** Options of the recipes for fields on a periodic lattice in two dimensions. */
export interface LatticeFlowOptions {
  /** Lengths of the lattice. */
  readonly shape: readonly [number, number];
  /** Coupling layers. */
  readonly layers?: number;
  /** Channels of each hidden layer of the convolutional networks, whose filters are 3 x 3. */
  readonly hidden?: readonly number[];
  /** Default: `silu`. */
  readonly activation?: ActivationName;
  /** Bins of each spline. Default: 8. */
  readonly bins?: number;
  /** Seed of the weights. Default: 0. */
  readonly seed?: Seed;
}

/** @throws FlowConfigError unless both lengths are multiples of `unit`. */
export function checkLattice(name: string, shape: readonly number[], unit: number): void {
  if (Array.isArray(shape) && shape.length === 2 && shape.every((length: number) => Number.isInteger(length) && length > 0 && length % unit === 0)) return; // prettier-ignore
  throw new FlowConfigError(`${name}.shape`, {
    expected: `two lengths, multiples of ${unit}`,
    got: Array.isArray(shape) ? formatShape(shape) : String(shape),
  });
}
