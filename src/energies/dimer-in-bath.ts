import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import type { Config } from '../module.js';
import { withSlope } from '../numerics/with-slope.js';
import type { Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { Energy, type Invariances } from './energy.js';
import { allPairs, incidence, softCore, squaredDistances } from './pairs.js';

/** Options of {@link DimerInBath}. */
export interface DimerInBathOptions {
  /** Number of solvent particles. Default: 36. */
  readonly solvent?: number;
  /** Strength of the repulsion. Default: 1. */
  readonly epsilon?: number;
  /** Range of the repulsion. Default: 1.1. */
  readonly rm?: number;
  /** Distance of the dimer at the top of its barrier. Default: 1.5. */
  readonly dimerDistance?: number;
  /** The coefficients `a`, `b`, `c` of the dimer. Default: `[-1, -25, 10]`: wells of -14 and -16 kT at distances 1 and 2. */
  readonly dimer?: readonly [a: number, b: number, c: number];
  /** Strength of the springs that keep the dimer on the x axis with its centre at zero. Default: 20. */
  readonly alignment?: number;
  /** Half the side of the box. Default: 3. */
  readonly halfBox?: number;
  /** Strength of its walls. Default: 200. */
  readonly wall?: number;
  /** Distance below which a repulsion goes on by its tangent in `r²`. Default: 0.1. */
  readonly core?: number;
}

/**
 * A particle dimer in a bath of repulsive discs (Noé et al., "Boltzmann generators", 2019), on `[2 + solvent, 2]`; the dimer is
 * particles 0 and 1. With `d` their distance and `δ = 2 (d - d₀)`,
 *
 * `u = Σ ε (r_m/r)¹² + a δ + b δ² + c δ⁴ + k (x₀ + x₁)² + k y₀² + k y₁² + w Σ q²`,
 *
 * where the first sum has all pairs but the dimer, and `q` is how far a coordinate is outside of the box.
 */
export class DimerInBath extends Energy {
  static override readonly className = 'DimerInBath';
  static override readonly samples = [
    () => new DimerInBath({ solvent: 3, halfBox: 1.5 }),
    () => new DimerInBath({ solvent: 1, dimer: [0.5, -2, 1], epsilon: 0.5, rm: 0.8, core: 0.3 }),
  ];

  override readonly eventShape: Shape;
  override readonly invariances: Invariances;
  readonly #config: Required<DimerInBathOptions>;
  readonly #pairs: Tensor;
  readonly #bond: Tensor;

  /** @throws FlowConfigError for a solvent that is no count, or a constant that is not positive. */
  constructor(options: DimerInBathOptions = {}) {
    super();
    const { solvent = 36, epsilon = 1, rm = 1.1, dimerDistance = 1.5, dimer = [-1, -25, 10], alignment = 20 } = options;
    const { halfBox = 3, wall = 200, core = 0.1 } = options;
    checkInteger('DimerInBath.solvent', solvent, 1);
    checkConstants('DimerInBath', { epsilon, rm, dimerDistance, alignment, halfBox, wall, core }, 'positive');
    checkConstants('DimerInBath.dimer', { 0: dimer[0], 1: dimer[1], 2: dimer[2] });
    const points = solvent + 2;
    this.eventShape = [points, 2];
    this.invariances = { exchangeable: [Array.from({ length: solvent }, (_, i) => i + 2)] };
    this.#config = { solvent, epsilon, rm, dimerDistance, dimer, alignment, halfBox, wall, core };
    this.#pairs = this.constant('pairs', incidence(points, allPairs(points).slice(1)));
    this.#bond = this.constant('bond', incidence(points, [[0, 1]]));
  }

  protected override evaluate(x: Tensor): Tensor {
    const { epsilon, rm, core, wall, halfBox } = this.#config;
    const squares = tf.div(squaredDistances(x, this.#pairs), rm * rm);
    const repulsion = tf.mul(epsilon, tf.sum(softCore(squares, core / rm, REPULSION), 1));
    const outside = withSlope(
      x,
      (v) => tf.square(tf.relu(tf.sub(tf.abs(v), halfBox))),
      (v) => tf.mul(2, tf.sub(v, tf.clipByValue(v, -halfBox, halfBox))),
    );
    return tf.add(tf.add(repulsion, this.#dimerEnergy(x)), tf.mul(wall, tf.sum(outside, [1, 2])));
  }

  #dimerEnergy(x: Tensor): Tensor {
    const { dimerDistance, dimer, alignment } = this.#config;
    const [a, b, c] = dimer;
    const distance = tf.sqrt(tf.add(tf.squeeze(squaredDistances(x, this.#bond), [1]), 1e-12));
    const stretch = tf.mul(2, tf.sub(distance, dimerDistance));
    const square = tf.square(stretch);
    const well = tf.add(tf.mul(a, stretch), tf.mul(square, tf.add(b, tf.mul(c, square))));
    const centre = tf.sum(tf.slice(x, [0, 0, 0], [-1, 2, 1]), [1, 2]);
    const heights = tf.slice(x, [0, 0, 1], [-1, 2, 1]);
    const springs = tf.add(tf.square(centre), tf.sum(tf.square(heights), [1, 2]));
    return tf.add(well, tf.mul(alignment, springs));
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}

/** `t⁶` of `t = 1 / s`. */
const REPULSION = {
  value(s: Tensor): Tensor {
    const inverse = tf.reciprocal(s);
    return tf.square(tf.mul(inverse, tf.square(inverse)));
  },
  slope(s: Tensor): Tensor {
    const inverse = tf.reciprocal(s);
    return tf.mul(tf.mul(-6, inverse), tf.square(tf.mul(inverse, tf.square(inverse))));
  },
};
