import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { Energy, type Invariances } from './energy.js';
import { allPairs, incidence, squaredDistances } from './pairs.js';

/** Options of {@link MultiDoubleWell}. */
export interface MultiDoubleWellOptions {
  /** Number of particles. Default: 4. */
  readonly particles?: number;
  /** Coordinates of one particle. Default: 2. */
  readonly spatialDims?: number;
  /** Of `(d - offset)⁴`, positive. Default: 0.9. */
  readonly a?: number;
  /** Of `(d - offset)²`. Default: -4. */
  readonly b?: number;
  /** A constant a pair. Default: 0. */
  readonly c?: number;
  /** Distance in the middle between both wells. Default: 4. */
  readonly offset?: number;
}

/** Keeps the derivative of a distance finite where two particles meet. */
const TINY = 1e-12;

/**
 * Particles whose distances have two favourable values each, `u(x) = Σ_{i<j} a (d - d₀)⁴ + b (d - d₀)² + c` with
 * `d = |x_i - x_j|`, on `[particles, spatialDims]`. The default is DW4 (Köhler, Klein and Noé, 2020).
 *
 * The centre of mass is free: there is a density on configurations of mean zero only, see `CentreOfMassFree`.
 */
export class MultiDoubleWell extends Energy {
  static override readonly className = 'MultiDoubleWell';
  static override readonly samples = [
    () => new MultiDoubleWell({}),
    () => new MultiDoubleWell({ particles: 3, spatialDims: 3, a: 0.4, b: -1, c: 0.3, offset: 1.5 }),
  ];

  override readonly eventShape: Shape;
  override readonly invariances: Invariances;
  readonly #config: Required<MultiDoubleWellOptions>;
  readonly #pairs: Tensor;

  /** @throws FlowConfigError for counts that make no cluster, or `a` that is not positive. */
  constructor(options: MultiDoubleWellOptions = {}) {
    super();
    const { particles = 4, spatialDims = 2, a = 0.9, b = -4, c = 0, offset = 4 } = options;
    checkInteger('MultiDoubleWell.particles', particles, 2);
    checkInteger('MultiDoubleWell.spatialDims', spatialDims);
    checkConstants('MultiDoubleWell', { b, c, offset });
    checkConstants('MultiDoubleWell', { a }, 'positive');
    this.eventShape = [particles, spatialDims];
    const exchangeable = [Array.from({ length: particles }, (_, i) => i)];
    this.invariances = { translations: true, rotations: true, reflections: true, exchangeable };
    this.#config = { particles, spatialDims, a, b, c, offset };
    this.#pairs = this.constant('pairs', incidence(particles, allPairs(particles)));
  }

  protected override evaluate(x: Tensor): Tensor {
    const { a, b, c, offset } = this.#config;
    const distances = tf.sqrt(tf.add(squaredDistances(x, this.#pairs), TINY));
    const squares = tf.square(tf.sub(distances, offset));
    return tf.sum(tf.add(tf.mul(squares, tf.add(b, tf.mul(a, squares))), c), 1);
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}
