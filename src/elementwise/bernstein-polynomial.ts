import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { clamp } from '../kernels/clamp/op.js';
import type { Config } from '../module.js';
import type { Curve } from '../numerics/invert-monotone.js';
import {
  checkCount,
  checkPositiveNumber,
  NumericElementwise,
  type NumericElementwiseOptions,
} from './numeric-elementwise.js';
import { cut, softplusInverse } from './parameters.js';
import { straightTails } from './straight-tails.js';

/** Options of {@link BernsteinPolynomial}. */
export interface BernsteinPolynomialOptions extends NumericElementwiseOptions {
  /** Degree `M` of the polynomial. Default: 16. */
  readonly degree?: number;
  /** Straight lines outside of `[-tailBound, tailBound]`. Default: 5. */
  readonly tailBound?: number;
}

/** Stands for zero where a logarithm is taken; its powers vanish in float32. */
const TINY = 1e-30;
/** Least increment of a coefficient, where 1 is that of the identity. */
const MIN_INCREMENT = 1e-3;

/**
 * Polynomial with increasing Bernstein coefficients, data → base: on `[-B, B]`, with `u = (x + B) / 2B` and
 * `b_{k,M}(u) = C(M, k) u^k (1 - u)^(M-k)`,
 *
 * `z = Σₖ θₖ b_{k,M}(u)`, `dz/dx = M / 2B · Σₖ (θₖ₊₁ - θₖ) b_{k,M-1}(u)`,
 *
 * `θ₀ = -B + raw₀` and `θₖ - θₖ₋₁ = 2B / M (softplus(rawₖ) + 1e-3)`; straight lines of the slopes at the ends outside. `M + 1`
 * raw parameters. `forward` is numeric. It starts as the identity.
 *
 * Source: Ramasinghe, Fernando, Khan, Barnes, "Robust normalizing flows using Bernstein-type polynomials", 2021, section
 * 3.
 *
 * @cost forward: numeric; inverse: formula
 */
export class BernsteinPolynomial extends NumericElementwise {
  static override readonly className = 'BernsteinPolynomial';
  static override readonly samples = [
    () => new BernsteinPolynomial({ degree: 5 }),
    () => new BernsteinPolynomial({ degree: 1, tailBound: 2 }),
    () => new BernsteinPolynomial({ degree: 20, tailBound: 3 }),
  ];

  override readonly parameterCount: number;
  readonly #degree: number;
  readonly #tailBound: number;

  /** @throws FlowConfigError for a degree that is no positive integer, or an empty interval. */
  constructor({ degree = 16, tailBound = 5, ...search }: BernsteinPolynomialOptions = {}) {
    super(search);
    checkCount('BernsteinPolynomial', 'degree', degree);
    checkPositiveNumber('BernsteinPolynomial', 'tailBound', tailBound);
    this.#degree = degree;
    this.#tailBound = tailBound;
    this.parameterCount = degree + 1;
  }

  identityParameters(): number[] {
    return [0, ...Array<number>(this.#degree).fill(softplusInverse(1 - MIN_INCREMENT))];
  }

  protected override curve(raw: Tensor): Curve {
    const [degree, bound] = [this.#degree, this.#tailBound];
    const [shift, rawIncrements] = cut(raw, [1, degree]);
    const constant = tf.reshape(shift, [-1]);
    // In units of the identity's.
    const increments = tf.add(tf.softplus(rawIncrements), MIN_INCREMENT);
    return (x) =>
      straightTails(x, bound, (inside) => {
        const left = tf.mul(tf.add(inside, bound), 0.5 / bound);
        const right = tf.mul(tf.sub(bound, inside), 0.5 / bound);
        // Σ_k θ_k b_k is θ₀ and each increment times the basis functions from its own on; with all equal it is the line,
        // so that only what differs from it is rounded.
        const onward = tf.matMul(basis(left, right, degree), fromOwnOn(degree));
        const bend = tf.mul(tf.sum(tf.mul(tf.sub(increments, 1), onward), 1), (2 * bound) / degree);
        const slope = tf.sum(tf.mul(increments, basis(left, right, degree - 1)), 1);
        return { value: tf.add(tf.add(inside, constant), bend), logSlope: tf.log(slope) };
      });
  }

  override getConfig(): Config {
    return { degree: this.#degree, tailBound: this.#tailBound, ...super.getConfig() };
  }
}

/**
 * Bernstein polynomials of a degree at `u` and `v = 1 - u`, `[n, degree + 1]`, by logarithms:
 * `exp(log C(M, k) + k log u + (M - k) log v)`. Terms that count have small exponents, and so nearly all digits.
 */
function basis(u: Tensor, v: Tensor, degree: number): Tensor {
  const k = Array.from({ length: degree + 1 }, (_, i) => i);
  const logBinomials = [0];
  for (const i of k.slice(1)) logBinomials.push(logBinomials[i - 1] + Math.log((degree - i + 1) / i));
  const logs = tf.stack([tf.log(clamp(u, TINY, 1)), tf.log(clamp(v, TINY, 1))], 1);
  const exponents = tf.tensor2d([...k, ...k.map((i) => degree - i)], [2, degree + 1]);
  return tf.exp(tf.add(tf.matMul(logs, exponents), tf.tensor1d(logBinomials)));
}

/** `[degree + 1, degree]`: column `j` sums the basis functions from `j + 1` on. */
function fromOwnOn(degree: number): Tensor {
  const entries = Array.from({ length: degree + 1 }, (_, k) =>
    Array.from({ length: degree }, (_, j) => (k > j ? 1 : 0)),
  );
  return tf.tensor2d(entries.flat(), [degree + 1, degree]);
}
