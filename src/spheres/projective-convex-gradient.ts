import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { clamp } from '../kernels/clamp/op.js';
import { logAbsDet } from '../linalg/log-abs-det.js';
import type { Config } from '../module.js';
import { checkInversion, type InversionOptions } from '../numerics/invert-monotone.js';
import { evaluateGauge, type Gauge } from './gauge.js';
import { invertGauge } from './invert-gauge.js';
import { SphereTransform, type SphereResult } from './sphere-transform.js';
import { dot, unit } from '../numerics/unit.js';

/** Options of {@link ProjectiveConvexGradient}. */
export interface ProjectiveConvexGradientOptions extends InversionOptions {
  /** `n`: points of the sphere in `Rⁿ`. */
  readonly dims: number;
  /** Ellipsoidal norms that are added up. Default: 8. */
  readonly components?: number;
}

/** How far every norm is round at least. */
const ROUNDNESS = 0.01;
const BOUND = 5;
/** Length of the directions at the start. */
const START = 0.5;

/**
 * The direction of the gradient of an even, strictly convex potential: `y = ∇φ(z) / |∇φ(z)|`, which acts on rotations as
 * `φ(-z) = φ(z)`. Here `φ = N² / 2` with a sum of ellipsoidal norms `N(z) = Σᵢ ωᵢ √(εᵢ |z|² + (cᵢ·z)²)`. As `φ` is then homogeneous of
 * degree 2, `H z = ∇φ`, and
 *
 * `log area = log det H(z) - n log |∇φ(z)|`, at `|z| = 1`.
 *
 * The map is one-to-one whatever the parameters: `∇φ` is so on all of `Rⁿ` and keeps rays apart. (The sum of logarithms of hyperbolic
 * cosines in the paper below is convex too, but not homogeneous, and its map folds over where it is sharp.) The other direction has no formula: it minimises
 * `φ(x) - y·x` by Newton steps and then takes `x / |x|`, with the derivatives of the implicit function.
 *
 * The formula runs base → data. The raw parameters are `log ω`, the raw `ε = softplus(raw) + 0.01`, one each a component, and the `c`.
 *
 * Source: Köhler, Invernizzi, de Haan, Noé, "Rigid body flows for sampling molecular crystal structures", 2023,
 * section 4.3, with another potential.
 *
 * @cost forward: formula; inverse: numeric (Newton steps)
 * @throws FlowNumericsError from `inverse`, when a row has not converged after `maxSteps` steps.
 */
export class ProjectiveConvexGradient extends SphereTransform {
  static override readonly className = 'ProjectiveConvexGradient';

  override readonly dims: number;
  override readonly parameterCount: number;
  override readonly odd = true;
  readonly #components: number;
  readonly #search: InversionOptions;

  /** @throws FlowConfigError for sizes or search options that are not positive. */
  constructor({ dims, components = 8, ...search }: ProjectiveConvexGradientOptions) {
    super();
    checkInteger('ProjectiveConvexGradient.dims', dims, 2);
    checkInteger('ProjectiveConvexGradient.components', components);
    checkInversion('ProjectiveConvexGradient', search);
    this.dims = dims;
    this.parameterCount = components * (dims + 2);
    this.#components = components;
    this.#search = search;
  }

  /** Directions spread out, so that components have different gradients: equal ones would stay equal. */
  override startParameters(): number[] {
    const [n, m] = [this.dims, this.#components];
    const directions = Array.from({ length: m }, (_, i) => {
      const vector = Array.from({ length: n }, (_unused, j) => Math.cos((i + 1) * (j + 1) * GOLDEN + i));
      const length = Math.hypot(...vector);
      return vector.map((entry) => (START * entry) / length);
    });
    return [...Array<number>(2 * m).fill(0), ...directions.flat()];
  }

  override forward(x: Tensor, raw: Tensor): SphereResult {
    const { gradient, hessian } = evaluateGauge(this.#gauge(raw), unit(x));
    return { value: unit(gradient), logDet: this.#logDet(gradient, hessian) };
  }

  override inverse(y: Tensor, raw: Tensor): SphereResult {
    const gauge = this.#gauge(raw);
    const z = unit(invertGauge(`${this.className}.inverse`, gauge, unit(y), this.#search));
    const { gradient, hessian } = evaluateGauge(gauge, z);
    return { value: z, logDet: tf.neg(this.#logDet(gradient, hessian)) };
  }

  override getConfig(): Config {
    return { dims: this.dims, components: this.#components, ...this.#search };
  }

  #gauge(raw: Tensor): Gauge {
    const m = this.#components;
    return {
      weights: tf.exp(clamp(tf.slice(raw, [0, 0], [-1, m]), -BOUND, BOUND)),
      roundness: tf.add(tf.softplus(tf.slice(raw, [0, m], [-1, m])), ROUNDNESS),
      directions: tf.reshape(tf.slice(raw, [0, 2 * m], [-1, m * this.dims]), [-1, m, this.dims]),
    };
  }

  #logDet(gradient: Tensor, hessian: Tensor): Tensor {
    const length = tf.log(tf.squeeze(dot(gradient, gradient), [1]));
    return tf.sub(logAbsDet(hessian), tf.mul(length, this.dims / 2));
  }
}

/** Its multiples leave no gaps on a circle. */
const GOLDEN = Math.PI * (3 - Math.sqrt(5));
