import type { ActivationName } from '../../../conditioners/activation.js';
import type { Seed } from '../../../random.js';

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
