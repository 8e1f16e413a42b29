import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkBox, POSE, type Box } from '../conditioners/bodies/body-view.js';
import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import { logSumExp } from '../kernels/log-sum-exp/op.js';
import type { Config } from '../module.js';
import { logSphereArea } from '../numerics/sphere-area.js';
import { dot, unit } from '../numerics/unit.js';
import type { RandomStream } from '../random.js';
import type { Shape } from '../shapes.js';
import type { UnitVectors } from '../unit-vectors.js';
import { perCoordinate } from './check.js';
import { Distribution } from './distribution.js';
import { auxiliaryLogProb } from './uniform-bodies.js';

/** Options of {@link EinsteinCrystal}. */
export interface EinsteinCrystalOptions {
  /** Mean position of each body, `(x, y, z)`. */
  readonly sites: readonly (readonly number[])[];
  /** Standard deviation of a position along each axis, in the unit of positions. */
  readonly spread: number;
  /** Rotation that each body keeps to, as a quaternion `(w, x, y, z)` of any length; null for uniform rotations. Default: null. */
  readonly orientations?: readonly (readonly number[])[] | null;
  /** How far rotations are from these, in radians about each axis. Default: 0.3. */
  readonly rotationSpread?: number;
  /** Lengths of the periodic box; null for free space. Default: null. */
  readonly box?: Box | null;
  /** Auxiliary numbers of each body, standard normal. Default: 0. */
  readonly auxiliaries?: number;
}

/** How many standard deviations away float32 no longer sees a periodic image. */
const REACH = 6;

/**
 * Rigid bodies each about a site of a lattice and independent of each other, the reference state of a crystal: `[bodies, 7 + auxiliaries]`, of
 * each a position, a rotation as a unit quaternion, and auxiliary numbers that are standard normal. With respect to volume and the
 * area of the sphere of quaternions:
 *
 * - positions are normal about the site; in a periodic box they wrap, `p(d) = Σₖ N(d + k L; 0, σ²)` along each axis, a density of one box;
 * - rotations are angular central Gaussian about `m`: with `c = q·m` and `s = rotationSpread`,
 *   `log p(q) = -3 log s - 2 log(c² + (1 - c²)/s²) - log 2π²`, the same for `q` and `-q`. For small angles they are normal with deviation `s`
 *   in the rotation vector; for `s = 1` uniform.
 *
 * Sources: Frenkel and Ladd, "New Monte Carlo method to compute the free energy of arbitrary solids", 1984; Tyler, "Statistical analysis
 * for the angular central Gaussian distribution on the sphere", 1987.
 *
 * @example
 * const base = new EinsteinCrystal({ sites, spread: 0.02, orientations, rotationSpread: 0.2, box: [0.9, 0.78, 0.73] });
 */
export class EinsteinCrystal extends Distribution {
  static override readonly className = 'EinsteinCrystal';
  static override readonly samples = [
    () => new EinsteinCrystal({ sites: [[0, 0.1, 0.2], [1, 1, 0]], spread: 0.6, orientations: [[1, 0, 0, 0], [0, 2, 0, 1]], box: [1, 2, 3], auxiliaries: 1 }), // prettier-ignore
    () => new EinsteinCrystal({ sites: [[0, 0.1, 0.2]], spread: 0.1 }),
  ];

  override readonly eventShape: Shape;
  override readonly unitVectors: UnitVectors = [3, POSE];
  override readonly reparameterised = true;
  /** `[bodies, 3]` */
  readonly #sites: Tensor;
  /** `[bodies, 4]`, of length 1. */
  readonly #orientations: Tensor | null;
  readonly #config: Required<EinsteinCrystalOptions>;

  /** @throws FlowConfigError for lists that are not of points and quaternions, one a body, or spreads or a box that are not positive. */
  constructor(options: EinsteinCrystalOptions) {
    super();
    const { sites, spread, orientations = null, rotationSpread = 0.3, box = null, auxiliaries = 0 } = options;
    const bodies = sites?.length ?? 0;
    const where = this.className;
    checkInteger(`${where}: number of sites`, bodies);
    checkInteger(`${where}.auxiliaries`, auxiliaries, 0);
    checkRows(`${where}.sites`, 'three finite numbers', sites, bodies, (site) => site.length === 3 && site.every(Number.isFinite)); // prettier-ignore
    if (orientations) checkRows(`${where}.orientations`, 'four numbers, not all zero', orientations, bodies, hasDirection); // prettier-ignore
    checkBox(where, box);
    perCoordinate(`${where}.spread`, spread, [1], 'positive');
    perCoordinate(`${where}.rotationSpread`, rotationSpread, [1], 'positive');
    this.eventShape = [bodies, POSE + auxiliaries];
    this.#sites = this.constant('sites', tf.tensor2d(sites.flat(), [bodies, 3]));
    this.#orientations = orientations && this.constant('orientations', tf.tensor2d(orientations.map(normalised)));
    this.#config = { sites, spread, orientations, rotationSpread, box, auxiliaries };
  }

  protected override density(x: Tensor): Tensor {
    const positions = this.#positionLogProb(tf.slice(x, [0, 0, 0], [-1, -1, 3]));
    const rotations = this.#rotationLogProb(tf.slice(x, [0, 0, 3], [-1, -1, 4]));
    return tf.addN([tf.sum(positions, [1, 2]), tf.sum(rotations, [1, 2]), auxiliaryLogProb(x)]);
  }

  protected override draw(n: number, stream: RandomStream): Tensor {
    const { spread, rotationSpread, auxiliaries } = this.#config;
    const [bodies] = this.eventShape;
    const positions = tf.add(this.#sites, tf.mul(stream.normalTensor([n, bodies, 3]), spread));
    const noise = stream.normalTensor([n, bodies, 4]);
    const others = auxiliaries > 0 ? [stream.normalTensor([n, bodies, auxiliaries])] : [];
    return tf.concat([positions, this.#turned(noise, rotationSpread), ...others], 2);
  }

  override getConfig(): Config {
    return { ...this.#config };
  }

  /** `[batch, bodies, 3]` */
  #positionLogProb(positions: Tensor): Tensor {
    const { spread, box } = this.#config;
    const constant = -Math.log(spread) - 0.5 * Math.log(2 * Math.PI);
    const logNormal = (distance: Tensor) => tf.add(tf.mul(tf.square(tf.div(distance, spread)), -0.5), constant);
    const distance = tf.sub(positions, this.#sites);
    if (!box) return logNormal(distance);
    const lengths = tf.tensor1d([...box]);
    const nearest = tf.sub(distance, tf.mul(lengths, tf.round(tf.div(distance, lengths))));
    const images = Math.ceil((REACH * spread) / Math.min(...box) + 0.5);
    const turns = Array.from({ length: 2 * images + 1 }, (_, k) => k - images);
    const terms = turns.map((k) => logNormal(tf.add(nearest, tf.mul(lengths, k))));
    return tf.squeeze(logSumExp(tf.stack(terms, -1)), [-1]);
  }

  /** `[batch, bodies, 1]` */
  #rotationLogProb(rotations: Tensor): Tensor {
    const q = unit(rotations);
    const m = this.#orientations;
    if (!m) return tf.add(tf.zerosLike(dot(q, q)), -logSphereArea(4));
    const { rotationSpread } = this.#config;
    const along = dot(q, m);
    const across = tf.sub(q, tf.mul(along, m));
    const form = tf.add(tf.square(along), tf.mul(dot(across, across), rotationSpread ** -2));
    const logForm = tf.log(tf.maximum(form, 1e-30));
    return tf.sub(tf.mul(logForm, -2), 3 * Math.log(rotationSpread) + logSphereArea(4));
  }

  /** Directions of normal numbers `[n, bodies, 4]` whose part across the orientation is scaled. */
  #turned(noise: Tensor, scale: number): Tensor {
    const m = this.#orientations;
    if (!m) return unit(noise);
    const along = tf.mul(dot(noise, m), m);
    return unit(tf.add(along, tf.mul(tf.sub(noise, along), scale)));
  }
}

function hasDirection(q: readonly number[]): boolean {
  const length = Math.hypot(...q);
  return q.length === 4 && length > 0 && length < Infinity;
}

function normalised(q: readonly number[]): number[] {
  const length = Math.hypot(...q);
  return q.map((entry) => entry / length);
}

/** @throws FlowConfigError naming the first row that is not good, or their number. */
function checkRows(
  where: string,
  expected: string,
  rows: readonly (readonly number[])[],
  count: number,
  good: (row: readonly number[]) => boolean,
): void {
  const bad = rows.findIndex((row) => !good(row));
  if (rows.length === count && bad < 0) return;
  throw new FlowConfigError(where, {
    expected: `${expected} for each of ${count} bodies`,
    got: bad < 0 ? `${rows.length} of them` : `[${rows[bad].join(', ')}] at index ${bad}`,
  });
}
