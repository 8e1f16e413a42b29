import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import type { Config } from '../../module.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { checkPlacement } from './internal-coordinates.js';
import type { MolecularPlacement } from './pose.js';

/** Options of {@link CentreOfMassFree}. */
export interface CentreOfMassFreeOptions {
  /** Two or more. */
  readonly particles: number;
  /** Coordinates of each particle. Default: 3. */
  readonly dims?: number;
  /** Whether the centre is a coordinate. Default: `removed`. */
  readonly centre?: MolecularPlacement;
}

/**
 * Particles `[particles, dims]` by orthonormal coordinates of their arrangement about the centre, `(particles - 1) · dims` numbers:
 * `x = Hᵀ z`, `z = H x`, with the rows of a Helmert matrix, orthonormal and each of sum zero. `log |det| = 0` between the
 * coordinates and the subspace of centred particles; `inverse` takes no notice of where the centre is.
 *
 * A standard normal base is one on that subspace, the same for all rotations and permutations of particles: with a flow that is equivariant
 * under these, so is the density.
 *
 * With `centre: 'kept'`, `√particles` times the centre goes last, and the map is a rotation of all `particles · dims` numbers.
 * A normal base for these is noise added to the centre, so that maps that move it have densities too.
 *
 * Source: Köhler, Klein, Noé, "Equivariant flows", 2020, section 5.
 *
 * @cost forward: formula; inverse: formula
 *
 * @example
 * const flow = new Flow({ base: Normal.standard([36]), bijector: new CentreOfMassFree({ particles: 13 }) });
 */
export class CentreOfMassFree extends Bijector {
  static override readonly className = 'CentreOfMassFree';
  static override readonly samples = [() => new CentreOfMassFree({ particles: 3, dims: 2, centre: 'kept' })];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #helmert: Tensor;
  readonly #options: Required<CentreOfMassFreeOptions>;

  /** @throws FlowConfigError for fewer than two particles. */
  constructor({ particles, dims = 3, centre = 'removed' }: CentreOfMassFreeOptions) {
    super();
    checkInteger('CentreOfMassFree.particles', particles, 2);
    checkInteger('CentreOfMassFree.dims', dims);
    checkPlacement('CentreOfMassFree', centre);
    const rows = helmert(particles, centre === 'kept');
    this.#helmert = this.constant('helmert', tf.tensor2d(rows, [rows.length, particles], 'float32'));
    this.eventShapeIn = [rows.length * dims];
    this.eventShapeOut = [particles, dims];
    this.#options = { particles, dims, centre };
  }

  protected override mapForward(z: Tensor): ValueAndLogDet {
    const { particles, dims } = this.#options;
    return [this.#multiply(tf.reshape(z, [z.shape[0], -1, dims]), particles, true), tf.zeros([])];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const z = this.#multiply(x, this.#helmert.shape[0], false);
    return [tf.reshape(z, [x.shape[0], -1]), tf.zeros([])];
  }

  override getConfig(): Config {
    return { ...this.#options };
  }

  /** Along the axis of particles, in one product for the whole batch. */
  #multiply(x: Tensor, count: number, transposed: boolean): Tensor {
    const [batch, before, dims] = x.shape as [number, number, number];
    const columns = tf.reshape(tf.transpose(x, [0, 2, 1]), [batch * dims, before]);
    const product = tf.matMul(columns, this.#helmert, false, !transposed);
    return tf.transpose(tf.reshape(product, [batch, dims, count]), [0, 2, 1]);
  }
}

/** Rows `(1, ..., 1, -k, 0, ...) / √(k (k + 1))`, and that of the mean if it is wanted. */
function helmert(n: number, withMean: boolean): number[][] {
  const rows = Array.from({ length: n - 1 }, (_, i) => {
    const k = i + 1;
    return Array.from({ length: n }, (__, j) => (j < k ? 1 : j === k ? -k : 0) / Math.sqrt(k * (k + 1)));
  });
  return withMean ? [...rows, Array<number>(n).fill(1 / Math.sqrt(n))] : rows;
}
