import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { invertLower } from '../numerics/invert-lower.js';
import { logSphereArea } from '../numerics/sphere-area.js';
import type { RandomStream } from '../random.js';
import type { Shape } from '../shapes.js';
import { dot, unit } from '../numerics/unit.js';
import type { UnitVectors } from '../unit-vectors.js';
import { factorOf, transposedTensor, type SquareMatrix } from './covariance.js';
import { Distribution } from './distribution.js';

/** Options of {@link AngularCentralGaussian}. */
export interface AngularCentralGaussianOptions {
  /** `Σ`, symmetric and positive definite, up to a factor. */
  readonly covariance: SquareMatrix;
}

/**
 * The directions of normal vectors with covariance `Σ`: `log p(z) = -½ log det Σ - n/2 log(zᵀ Σ⁻¹ z) - log area`, with respect to the
 * area of the sphere in `Rⁿ`. As `p(-z) = p(z)` it is, with `n = 4`, a density of rotations; {@link AngularCentralGaussian.around} makes one
 * concentrated about a rotation.
 *
 * Source: Tyler, "Statistical analysis for the angular central Gaussian distribution on the sphere", 1987.
 */
export class AngularCentralGaussian extends Distribution {
  static override readonly className = 'AngularCentralGaussian';
  static override readonly samples = [
    () => AngularCentralGaussian.around([0.6, 0, -0.8], 0.4),
    () => new AngularCentralGaussian({ covariance: [[2, 0.3, 0, 0], [0.3, 1, 0.1, 0], [0, 0.1, 0.5, 0], [0, 0, 0, 1]] }), // prettier-ignore
  ];

  override readonly eventShape: Shape;
  override readonly unitVectors: UnitVectors;
  override readonly reparameterised = true;
  /** `Lᵀ` of `Σ = L Lᵀ`, and its inverse. */
  readonly #colouring: Tensor2D;
  readonly #whitening: Tensor2D;
  readonly #logNormaliser: number;
  readonly #covariance: SquareMatrix;

  /** @throws FlowConfigError for a covariance that is not symmetric and positive definite, or has fewer than 2 rows. */
  constructor({ covariance }: AngularCentralGaussianOptions) {
    super();
    const n = covariance.length;
    checkInteger('AngularCentralGaussian: rows of covariance', n, 2);
    const factor = factorOf('AngularCentralGaussian.covariance', covariance);
    this.eventShape = [n];
    this.unitVectors = [0, n];
    const keep = (name: string, rows: SquareMatrix) =>
      this.constant(
        name,
        tf.tidy(() => transposedTensor(rows)),
      ) as Tensor2D;
    this.#colouring = keep('colouring', factor);
    this.#whitening = keep('whitening', invertLower(factor));
    this.#logNormaliser = logSphereArea(n) + factor.reduce((sum, row, i) => sum + Math.log(row[i]), 0);
    this.#covariance = covariance;
  }

  /**
   * Concentrated about `±location`: `Σ = m mᵀ + spread² (I - m mᵀ)`. For a rotation by a small angle `θ` away from the one that the
   * quaternion `location` is, `log p` falls by `½ (θ / spread)²`: `spread` is a deviation in radians.
   *
   * @throws FlowConfigError for a location without a direction, or a spread that is not positive.
   */
  static around(location: readonly number[], spread: number): AngularCentralGaussian {
    const length = Math.hypot(...location);
    if (!(length > 0 && length < Infinity && spread > 0 && spread < Infinity)) {
      throw new FlowConfigError('AngularCentralGaussian.around', {
        expected: 'a location that is not zero, and a positive spread',
        got: `[${location.join(', ')}] and ${spread}`,
      });
    }
    const m = location.map((entry) => entry / length);
    const covariance = m.map((a, i) => m.map((b, j) => a * b * (1 - spread ** 2) + (i === j ? spread ** 2 : 0)));
    return new AngularCentralGaussian({ covariance });
  }

  protected override density(x: Tensor): Tensor {
    const u = tf.matMul(unit(x) as Tensor2D, this.#whitening);
    const length = tf.log(tf.maximum(tf.squeeze(dot(u, u), [1]), 1e-30));
    return tf.sub(tf.mul(length, -this.eventShape[0] / 2), this.#logNormaliser);
  }

  protected override draw(n: number, stream: RandomStream): Tensor {
    return unit(tf.matMul(stream.normalTensor([n, ...this.eventShape]) as Tensor2D, this.#colouring));
  }

  override getConfig(): Config {
    return { covariance: this.#covariance };
  }
}
