import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import type { Curve, CurvePoint } from '../numerics/invert-monotone.js';
import { gaussLegendre } from '../numerics/quadrature.js';
import {
  checkCount,
  checkPositiveNumber,
  NumericElementwise,
  type NumericElementwiseOptions,
} from './numeric-elementwise.js';
import { cut } from './parameters.js';
import { straightTails } from './straight-tails.js';

/** Options of {@link SumOfSquares}. */
export interface SumOfSquaresOptions extends NumericElementwiseOptions {
  /** Number of polynomials whose squares are added. Default: 3. */
  readonly polynomials?: number;
  /** Degree of each. Default: 4. */
  readonly degree?: number;
  /** Straight lines outside of `[-tailBound, tailBound]`. Default: 5. */
  readonly tailBound?: number;
}

/** Least slope. */
const MIN_SLOPE = 1e-3;
/** Polynomials after the first start as this multiple of a power: equal ones, or zeros, would stay equal for ever. */
const SEED = 0.1;

/**
 * Integral of a sum of squared polynomials, data → base: `z = c + ∫₀ˣ (Σₖ pₖ(t / B)² + 1e-3) dt`, `log dz/dx` the logarithm
 * of the integrand. In `[-B, B]` a polynomial of degree `2 degree + 1`; outside, where it would grow beyond what float32
 * holds, straight lines. Raw parameters: the coefficients of each polynomial from the constant on, then `c`. `forward` is
 * numeric.
 *
 * The integral is taken by the Gauss-Legendre rule of `degree + 1` nodes, which is exact, and a sum of positive terms
 * where the antiderivative's coefficients would cancel. The start is within 2% of the identity.
 *
 * Source: Jaini, Selby, Yu, "Sum-of-squares polynomial flow", 2019, section 3.
 *
 * @cost forward: numeric; inverse: formula
 */
export class SumOfSquares extends NumericElementwise {
  static override readonly className = 'SumOfSquares';
  static override readonly samples = [
    () => new SumOfSquares({ polynomials: 2, degree: 3 }),
    () => new SumOfSquares({ polynomials: 1, degree: 2, tailBound: 3 }),
  ];

  override readonly parameterCount: number;
  /** How far the start may be from the identity, relative to `1 + |x|`. */
  readonly identityGap = 0.02;
  readonly #polynomials: number;
  readonly #degree: number;
  readonly #tailBound: number;
  readonly #weights: readonly number[];
  /** Powers of the nodes, `[degree + 1, nodes + 1]` row by row; the last node is the end of the interval. */
  readonly #powers: readonly number[];

  /** @throws FlowConfigError for a number of polynomials or a degree that is no positive integer, or an empty interval. */
  constructor({ polynomials = 3, degree = 4, tailBound = 5, ...search }: SumOfSquaresOptions = {}) {
    super(search);
    checkCount('SumOfSquares', 'polynomials', polynomials);
    checkCount('SumOfSquares', 'degree', degree);
    checkPositiveNumber('SumOfSquares', 'tailBound', tailBound);
    this.#polynomials = polynomials;
    this.#degree = degree;
    this.#tailBound = tailBound;
    this.parameterCount = polynomials * (degree + 1) + 1;
    const { nodes, weights } = gaussLegendre(degree + 1);
    this.#weights = weights;
    this.#powers = Array.from({ length: degree + 1 }, (_, m) => [...nodes, 1].map((u) => u ** m)).flat();
  }

  identityParameters(): number[] {
    const polynomials = Array.from({ length: this.#polynomials }, (_, k) =>
      Array.from({ length: this.#degree + 1 }, (_, m) =>
        k === 0 ? (m === 0 ? Math.sqrt(1 - MIN_SLOPE) : 0) : m === 1 + ((k - 1) % this.#degree) ? SEED : 0,
      ),
    );
    return [...polynomials.flat(), 0];
  }

  protected override curve(raw: Tensor): Curve {
    const [coefficients, shift] = cut(raw, [this.parameterCount - 1, 1]);
    const offset = tf.reshape(shift, [-1]);
    return (x) => straightTails(x, this.#tailBound, (inside) => this.#integral(inside, coefficients, offset));
  }

  override getConfig(): Config {
    const { polynomials, degree, tailBound } = { polynomials: this.#polynomials, degree: this.#degree, tailBound: this.#tailBound }; // prettier-ignore
    return { polynomials, degree, tailBound, ...super.getConfig() };
  }

  /** Squares of all polynomials at all nodes by one product: `pₖ(x uᵢ) = Σ_m (c_km x^m) uᵢ^m`. */
  #integral(x: Tensor, coefficients: Tensor, offset: Tensor): CurvePoint {
    const [count, terms, nodes] = [this.#polynomials, this.#degree + 1, this.#weights.length];
    const scaled = tf.div(x, this.#tailBound);
    const powers: Tensor[] = [tf.onesLike(x)];
    while (powers.length < terms) powers.push(tf.mul(powers.at(-1)!, scaled));
    const all = tf.mul(coefficients, tf.tile(tf.stack(powers, 1), [1, count]));
    const values = tf.matMul(tf.reshape(all, [-1, terms]), tf.tensor2d([...this.#powers], [terms, nodes + 1]));
    // Column 0: the mean of the squares over the interval from 0 to x; column 1: the squares at x. Both for all polynomials.
    const rule = [...this.#weights, 0].flatMap((weight, i) => [weight, i === nodes ? 1 : 0]);
    const rules = tf.tensor2d(Array.from({ length: count }, () => rule).flat(), [count * (nodes + 1), 2]);
    const squares = tf.reshape(tf.square(values), [-1, count * (nodes + 1)]);
    const sums = tf.add(tf.matMul(squares, rules), MIN_SLOPE);
    const [mean, slope] = tf.unstack(sums, 1);
    return { value: tf.add(tf.mul(x, mean), offset), logSlope: tf.log(slope) };
  }
}
