import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import { CIRCLE, wrapAngle } from './circle.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';
import { cut } from './parameters.js';
import { RationalQuadraticSpline, type RationalQuadraticSplineTransformOptions } from './rational-quadratic-spline.js';

/** Options of {@link CircularRationalQuadraticSpline}: those of a spline, but for where it acts. */
export type CircularRationalQuadraticSplineOptions = Omit<
  RationalQuadraticSplineTransformOptions,
  'tailBound' | 'interval' | 'boundaries'
>;

/**
 * Monotone rational-quadratic spline of the circle onto itself, angles in radians. Data → base, with a spline `S` of
 * `[-π, π]` whose slopes at both ends are one free parameter:
 *
 * `z = S(x - φ)` modulo 2π, `log dz/dx = log S′(x - φ)`.
 *
 * Value and slope go on smoothly where the circle was cut, and the phase `φ` decides where that is. Raw parameters: widths,
 * heights and slopes, `bins` each, and `φ`. Both directions are closed.
 *
 * Source: Rezende et al., "Normalizing flows on tori and spheres", 2020, section 2.3; Durkan et al., "Neural spline
 * flows", 2019, section 3.1.
 *
 * @cost forward: formula; inverse: formula
 * @example
 * new Coupling({
 *   mask: [true, false],
 *   transform: new CircularRationalQuadraticSpline({ bins: 8 }),
 *   conditioner: (request) => new MLP({ ...request, hidden: [64, 64] }), // sees the other angle as cosine and sine
 * });
 */
export class CircularRationalQuadraticSpline extends ElementwiseTransform {
  static override readonly className = 'CircularRationalQuadraticSpline';
  static override readonly samples = [
    () => new CircularRationalQuadraticSpline({ bins: 5 }),
    () => new CircularRationalQuadraticSpline({ bins: 2, rawScale: 0.5, identityAtZero: true }),
  ];

  readonly parameterCount: number;
  override readonly circular = true;
  override readonly domainIn = CIRCLE;
  override readonly domainOut = CIRCLE;
  readonly #spline: RationalQuadraticSpline;
  readonly #config: Config;

  /** @throws FlowConfigError for an impossible option, such as fewer than two bins. */
  constructor(options: CircularRationalQuadraticSplineOptions = {}) {
    super();
    this.#spline = new RationalQuadraticSpline({ ...options, tailBound: Math.PI, boundaries: 'circular' });
    this.parameterCount = this.#spline.parameterCount + 1;
    this.#config = { ...options };
  }

  /** Equal bins, slopes of 1 and no phase: exactly the identity. */
  identityParameters(): number[] {
    return [...this.#spline.identityParameters(), 0];
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    const [knots, phase] = this.#split(raw);
    const { value, logDet } = this.#spline.forward(x, knots);
    return { value: wrapAngle(tf.add(value, phase)), logDet };
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    const [knots, phase] = this.#split(raw);
    // The spline itself goes on periodically outside of its box.
    const { value, logDet } = this.#spline.inverse(tf.sub(y, phase), knots);
    return { value: wrapAngle(value), logDet };
  }

  getConfig(): Config {
    return this.#config;
  }

  #split(raw: Tensor): [knots: Tensor, phase: Tensor] {
    const [knots, phase] = cut(raw, [this.#spline.parameterCount, 1]);
    return [knots, tf.reshape(phase, [-1])];
  }
}
