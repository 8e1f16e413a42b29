import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { cut } from '../elementwise/parameters.js';
import { RationalQuadraticSpline } from '../elementwise/rational-quadratic-spline.js';
import type { ElementwiseResult } from '../elementwise/elementwise-transform.js';
import { permuteAxis } from '../kernels/permute-axis/op.js';
import type { Config } from '../module.js';
import { fibresOf, fromFibres } from './fibres.js';
import { SphereTransform, type SphereResult } from './sphere-transform.js';
import { unit } from '../numerics/unit.js';

/** Options of {@link FibreSpline}. */
export interface FibreSplineOptions {
  /** Bins of each of the three splines. Default: 8. */
  readonly bins?: number;
}

/**
 * Rational-quadratic splines of the three coordinates of a rotation in which the Haar measure is uniform. With
 * `q = (√(1 - t) e^{iα}, √t e^{iβ})` these are `t`, `φ = α - β` and `ψ = α + β`; `t` has a spline of [0, 1], the angles have
 * splines of the circle. Then `log area = Σ log τ′`: both ways in closed form.
 *
 * `φ` and `ψ` modulo 2π are the same for `q` and `-q`; a spline moves an angle by a function of it that is the same everywhere
 * modulo 2π, and the quaternion moves along with it: the map is odd, with no choice of a sign anywhere.
 *
 * Where `t` is 0 or 1 only one of the angles means anything, and densities have a seam there unless the splines agree;
 * {@link QuaternionProduct} layers in between put the seams elsewhere.
 *
 * The spline formulas run data → base. The raw parameters are those of `t`, `φ` and `ψ`, one after the other.
 *
 * Source: rational-quadratic splines on circles from Rezende et al., "Normalizing flows on tori and spheres", 2020, in the coordinates
 * of the Hopf fibration.
 *
 * @cost forward: formula; inverse: formula
 */
export class FibreSpline extends SphereTransform {
  static override readonly className = 'FibreSpline';

  override readonly dims = 4;
  override readonly parameterCount: number;
  override readonly odd = true;
  readonly #bins: number;
  readonly #height: RationalQuadraticSpline;
  readonly #angle: RationalQuadraticSpline;

  /** @throws FlowConfigError for fewer than two bins. */
  constructor({ bins = 8 }: FibreSplineOptions = {}) {
    super();
    checkInteger('FibreSpline.bins', bins, 2);
    this.#bins = bins;
    const shape = { bins, identityAtZero: true };
    this.#height = new RationalQuadraticSpline({ ...shape, interval: [0, 1], boundaries: 'bounded' });
    this.#angle = new RationalQuadraticSpline({ ...shape, tailBound: Math.PI, boundaries: 'circular' });
    this.parameterCount = this.#height.parameterCount + 2 * this.#angle.parameterCount;
  }

  /** The identity. */
  override startParameters(): number[] {
    return Array<number>(this.parameterCount).fill(0);
  }

  override forward(x: Tensor, raw: Tensor): SphereResult {
    return this.#map(x, raw, (spline, value, parameters) => spline.forward(value, parameters));
  }

  override inverse(y: Tensor, raw: Tensor): SphereResult {
    return this.#map(y, raw, (spline, value, parameters) => spline.inverse(value, parameters));
  }

  override getConfig(): Config {
    return { bins: this.#bins };
  }

  #map(q: Tensor, raw: Tensor, apply: Apply): SphereResult {
    const [forHeight, ...forAngles] = cut(raw, [
      this.#height.parameterCount,
      this.#angle.parameterCount,
      this.#angle.parameterCount,
    ]);
    const { height, depth, alpha, beta } = fibresOf(unit(q));
    const up = apply(this.#height, flat(height), forHeight);
    // The same spline from the other end, in which what is near 1 keeps its digits.
    const down = apply(this.#height, flat(depth), permuteAxis(forHeight, this.#mirror(), 1));
    const low = tf.less(flat(height), 0.5);
    const [phi, psi] = [tf.sub(alpha, beta), tf.add(alpha, beta)].map((angle, i) => {
      // Beyond its box the spline goes on periodically.
      const { value, logDet } = apply(this.#angle, flat(angle), forAngles[i]);
      return { moved: tf.mul(tf.sub(column(value), angle), 0.5), logDet };
    });
    const value = fromFibres({
      height: column(tf.where(low, up.value, tf.sub(1, down.value))),
      depth: column(tf.where(low, tf.sub(1, up.value), down.value)),
      alpha: tf.add(alpha, tf.add(psi.moved, phi.moved)),
      beta: tf.add(beta, tf.sub(psi.moved, phi.moved)),
    });
    const logDet = tf.add(tf.where(low, up.logDet, down.logDet), tf.add(phi.logDet, psi.logDet));
    return { value: unit(value), logDet };
  }

  /** Widths, heights and slopes, each in the opposite order. */
  #mirror(): number[] {
    const bins = this.#bins;
    return [bins, bins, bins + 1].flatMap((count, part) => Array.from({ length: count }, (_, i) => part * bins + count - 1 - i)); // prettier-ignore
  }
}

type Apply = (spline: RationalQuadraticSpline, values: Tensor, raw: Tensor) => ElementwiseResult;

function flat(values: Tensor): Tensor {
  return tf.reshape(values, [-1]);
}

function column(values: Tensor): Tensor {
  return tf.reshape(values, [-1, 1]);
}
