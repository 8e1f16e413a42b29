import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { Energy, type Invariances } from './energy.js';
import { allPairs, incidence, softCore, squaredDistances } from './pairs.js';

/** Options of {@link LennardJones}. */
export interface LennardJonesOptions {
  /** Number of particles. Default: 13. */
  readonly particles?: number;
  /** Coordinates of one particle. Default: 3. */
  readonly spatialDims?: number;
  /** Depth of the well of a pair, in kT. Default: 1. */
  readonly epsilon?: number;
  /** Distance of the minimum of a pair. Default: 1. */
  readonly rm?: number;
  /** Strength of the spring that ties each particle to the common centre, in kT per unit². Default: 1; 0 for none. */
  readonly confinement?: number;
  /** Added to squared distances, as some published codes do. Default: 0. */
  readonly softening?: number;
  /** Distance in units of `rm` below which a pair goes on by its tangent in `r²`. Default: 0.1, where it has 10¹² ε. */
  readonly core?: number;
}

/**
 * A cluster of equal particles, `u(x) = ε Σ_{i<j} [(r_m/r)¹² - 2 (r_m/r)⁶] + ½ k Σ_i |x_i - x̄|²`, on `[particles, spatialDims]`.
 *
 * With 13 and 55 particles the benchmarks LJ13 and LJ55 of equivariant flows (Köhler, Klein and Noé, 2020). The centre of
 * mass is free: there is a density on configurations of mean zero only, see `CentreOfMassFree`.
 */
export class LennardJones extends Energy {
  static override readonly className = 'LennardJones';
  static override readonly samples = [
    () => new LennardJones({ particles: 4, spatialDims: 2, softening: 1e-6 }),
    () => new LennardJones({ particles: 5, epsilon: 0.5, rm: 1.4, confinement: 0 }),
  ];

  override readonly eventShape: Shape;
  override readonly invariances: Invariances;
  readonly #config: Required<LennardJonesOptions>;
  readonly #pairs: Tensor;

  /** @throws FlowConfigError for counts that make no cluster, or constants that are negative. */
  constructor(options: LennardJonesOptions = {}) {
    super();
    const {
      particles = 13,
      spatialDims = 3,
      epsilon = 1,
      rm = 1,
      confinement = 1,
      softening = 0,
      core = 0.1,
    } = options;
    checkInteger('LennardJones.particles', particles, 2);
    checkInteger('LennardJones.spatialDims', spatialDims);
    checkConstants('LennardJones', { epsilon, rm }, 'positive');
    checkConstants('LennardJones', { confinement, softening, core }, 'not negative');
    this.eventShape = [particles, spatialDims];
    const exchangeable = [Array.from({ length: particles }, (_, i) => i)];
    this.invariances = { translations: true, rotations: true, reflections: true, exchangeable };
    this.#config = { particles, spatialDims, epsilon, rm, confinement, softening, core };
    this.#pairs = this.constant('pairs', incidence(particles, allPairs(particles)));
  }

  protected override evaluate(x: Tensor): Tensor {
    const { epsilon, rm, confinement, softening, core } = this.#config;
    const squares = tf.div(tf.add(squaredDistances(x, this.#pairs), softening), rm * rm);
    const pairs = tf.mul(epsilon, tf.sum(softCore(squares, core, PAIR), 1));
    if (confinement === 0) return pairs;
    const fromCentre = tf.sub(x, tf.mean(x, 1, true));
    return tf.add(pairs, tf.mul(confinement / 2, tf.sum(tf.square(fromCentre), [1, 2])));
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}

/** `t⁶ - 2 t³` of `t = 1 / s`. */
const PAIR = {
  value(s: Tensor): Tensor {
    const cube = cubed(tf.reciprocal(s));
    return tf.mul(cube, tf.sub(cube, 2));
  },
  slope(s: Tensor): Tensor {
    const inverse = tf.reciprocal(s);
    const cube = cubed(inverse);
    return tf.mul(tf.mul(-6, inverse), tf.mul(cube, tf.sub(cube, 1)));
  },
};

function cubed(x: Tensor): Tensor {
  return tf.mul(x, tf.square(x));
}
