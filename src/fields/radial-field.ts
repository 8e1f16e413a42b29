import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import { checkInitialOutput, type InitialOutput } from './network-options.js';
import { otherPoints, pairsOf } from './point-cloud.js';
import { VectorField } from './vector-field.js';

/** Options of {@link RadialField}. */
export interface RadialFieldOptions {
  /** Number of points in one cloud. */
  readonly points: number;
  /** Coordinates of one point. Default: 3. */
  readonly spatialDims?: number;
  /** Number of Gaussians along the distance. Default: 16. */
  readonly radialBases?: number;
  /** The distance up to which their centres are spread; beyond it, points hardly see each other. Default: 5. */
  readonly reach?: number;
  /** Number of Gaussians along time. Default: 8. */
  readonly timeBases?: number;
  /** The time up to which their centres are spread, from 0. Default: 1. */
  readonly duration?: number;
  /** `zero`: all weights start at zero, and a flow along the field as the identity. Default: `random`. */
  readonly initialOutput?: InitialOutput;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * A kernel field on clouds of points that are all alike (Köhler, Klein and Noé, "Equivariant flows", 2020):
 *
 *     dx_i/dt = Σ_j (x_i − x_j) R(d_ij, t),    R(d, t) = Σ_kl W_lk exp(−½ (d − μ_k)²/γ²) exp(−½ (t − τ_l)²/θ²)
 *
 * with centres `μ_k` and `τ_l` at equal distances `γ` and `θ`. It turns and moves with the cloud, does not care about the
 * order of its points, and keeps their mean. The trace of its Jacobian is known: over `i` and `j ≠ i`, with
 * the softened distance `d² = r² + ε²`,
 *
 *     tr J = Σ_ij (spatialDims R(d_ij, t) + (r_ij²/d_ij) ∂R/∂d (d_ij, t)).
 *
 * It is that on the clouds of mean zero too: translations, the rest of space, add nothing to it.
 */
export class RadialField extends VectorField {
  static override readonly className: string = 'RadialField';
  static override readonly samples: readonly (() => VectorField)[] = [
    () => new RadialField({ points: 3, spatialDims: 2, radialBases: 5, timeBases: 3, reach: 3 }),
    () => new RadialField({ points: 2, radialBases: 4, timeBases: 2, duration: 2, initialOutput: 'zero' }),
  ];

  override readonly eventShape: Shape;
  readonly #weights: Variable;
  readonly #centres: Tensor;
  readonly #times: Tensor;
  readonly #others: Tensor;
  readonly #gaps: readonly [radial: number, time: number];
  readonly #config: Config;

  /** @throws FlowConfigError for a size that is too small, or a reach or duration that is not positive. */
  constructor(options: RadialFieldOptions) {
    super();
    const { points, spatialDims = 3, radialBases = 16, reach = 5, timeBases = 8, duration = 1 } = options;
    const { initialOutput = 'random', seed = 0 } = options;
    checkInteger('RadialField.points', points, 2);
    checkInteger('RadialField.spatialDims', spatialDims);
    checkInteger('RadialField.radialBases', radialBases, 2);
    checkInteger('RadialField.timeBases', timeBases, 2);
    checkLength('RadialField.reach', reach);
    checkLength('RadialField.duration', duration);
    checkInitialOutput('RadialField.initialOutput', initialOutput);

    const stream = RandomStream.from(seed);
    const count = timeBases * radialBases;
    // Every point gets as many terms as there are others.
    const range = initialOutput === 'zero' ? 0 : 1 / points;
    const spread = (length: number, bases: number) =>
      tf.tensor1d(Float32Array.from({ length: bases }, (_, i) => (length * i) / (bases - 1)));
    this.eventShape = [points, spatialDims];
    this.#weights = this.weight('weights', [timeBases, radialBases], stream.split('weights').uniform(count, -range, range)); // prettier-ignore
    this.#centres = this.constant('centres', spread(reach, radialBases));
    this.#times = this.constant('times', spread(duration, timeBases));
    this.#others = this.constant('others', otherPoints(points));
    this.#gaps = [reach / (radialBases - 1), duration / (timeBases - 1)];
    this.#config = {
      points,
      spatialDims,
      radialBases,
      reach,
      timeBases,
      duration,
      initialOutput,
      seed: stream.key,
    };
  }

  protected override velocity(t: Tensor, z: Tensor): Tensor {
    const { differences, distances } = pairsOf(z);
    // A point and itself: the difference is zero.
    return tf.sum(tf.mul(differences, tf.sum(this.#terms(t, distances), 3, true)), 2);
  }

  protected override velocityAndTrace(t: Tensor, z: Tensor): [Tensor, Tensor] {
    const [points, spatialDims] = this.eventShape;
    const { differences, squares, distances } = pairsOf(tf.reshape(z, [-1, points, spatialDims]));
    const terms = this.#terms(t, distances);
    const kernel = tf.sum(terms, 3, true);
    const velocity = tf.sum(tf.mul(differences, kernel), 2);
    const towardCentres = tf.mul(tf.sub(this.#centres, distances), this.#gaps[0] ** -2);
    const slope = tf.sum(tf.mul(terms, towardCentres), 3, true);
    const traces = tf.add(tf.mul(kernel, spatialDims), tf.mul(tf.div(squares, distances), slope));
    return [tf.reshape(velocity, z.shape), tf.sum(tf.mul(traces, this.#others), [1, 2, 3])];
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** The terms of `R` by radial basis, `[rows, n, n, radialBases]`. */
  #terms(t: Tensor, distances: Tensor): Tensor {
    const [radialGap, timeGap] = this.#gaps;
    const weights = tf.matMul(gaussians(t, this.#times, timeGap), this.#weights);
    const perTime = tf.reshape(weights, [t.shape[0], 1, 1, this.#centres.size]);
    return tf.mul(gaussians(distances, this.#centres, radialGap), perTime);
  }
}

/** `exp(−½ (x − μ_k)²/γ²)`, `[..., bases]`, of `x`, `[..., 1]`. */
function gaussians(x: Tensor, centres: Tensor, gap: number): Tensor {
  return tf.exp(tf.mul(tf.square(tf.sub(x, centres)), -0.5 / gap ** 2));
}

function checkLength(where: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) {
    throw new FlowConfigError(where, { expected: 'a positive number', got: String(value) });
  }
}
