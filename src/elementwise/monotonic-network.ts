import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { stopGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import type { Curve } from '../numerics/invert-monotone.js';
import { clenshawCurtis, type QuadratureRule } from '../numerics/quadrature.js';
import {
  checkCount,
  checkPositiveNumber,
  NumericElementwise,
  type NumericElementwiseOptions,
} from './numeric-elementwise.js';
import { bounded, cut, spread, unbounded } from './parameters.js';
import { straightTails } from './straight-tails.js';

/** Options of {@link MonotonicNetwork}. */
export interface MonotonicNetworkOptions extends NumericElementwiseOptions {
  /** Hidden units of the integrand. Default: 8. */
  readonly hidden?: number;
  /** Nodes of the quadrature, at least 3. Default: 33. */
  readonly nodes?: number;
  /** Straight lines outside of `[-tailBound, tailBound]`. Default: 5. */
  readonly tailBound?: number;
}

/** Largest weight of a hidden unit's input, and largest sum of the weights of their outputs. */
const STEEPNESS = 2;
const RANGE = 4;
/** Least slope. */
const MIN_SLOPE = 1e-3;
/** With this offset softplus is 1 at zero. */
const UNIT = Math.log(Math.expm1(1));

/**
 * Unconstrained monotonic network, data → base: `z = c + ∫₀ˣ h(t) dt` with a positive network of one hidden layer,
 *
 * `h(t) = softplus(d + Σⱼ vⱼ tanh(wⱼ t + bⱼ))` (scaled to 1 for zero arguments, and at least 1e-3), `log dz/dx = log h(x)`,
 *
 * and straight lines outside of `[-B, B]`. A transform holds no weights: those of the integrand are its raw parameters,
 * `w`, `b`, `v` (`hidden` each), `d`, `c`, which the conditioner emits for each coordinate. They are bounded, `|wⱼ| < 2` and
 * `Σ |vⱼ| < 4`, so that the integrand is as smooth as the quadrature assumes, whatever is emitted. `forward` is numeric.
 *
 * The integral is taken by the Clenshaw-Curtis rule. Its derivative by `x` is `h(x)` itself, not that of the rule (Leibniz);
 * first and second derivatives are those of the integral. It starts as the identity.
 *
 * Source: Wehenkel, Louppe, "Unconstrained monotonic neural networks", 2019, sections 2 and 3 (with softplus for ELU + 1, which has a
 * kink in its slope).
 *
 * @cost forward: numeric; inverse: formula (a quadrature)
 */
export class MonotonicNetwork extends NumericElementwise {
  static override readonly className = 'MonotonicNetwork';
  static override readonly samples = [
    () => new MonotonicNetwork({ hidden: 4 }),
    () => new MonotonicNetwork({ hidden: 2, nodes: 20, tailBound: 3 }),
  ];

  override readonly parameterCount: number;
  readonly #hidden: number;
  readonly #tailBound: number;
  readonly #rule: QuadratureRule;

  /** @throws FlowConfigError for sizes that are no integers, or too small, or an empty interval. */
  constructor({ hidden = 8, nodes = 33, tailBound = 5, ...search }: MonotonicNetworkOptions = {}) {
    super(search);
    checkCount('MonotonicNetwork', 'hidden', hidden);
    checkCount('MonotonicNetwork', 'nodes', nodes, 3);
    checkPositiveNumber('MonotonicNetwork', 'tailBound', tailBound);
    this.#hidden = hidden;
    this.#tailBound = tailBound;
    this.#rule = clenshawCurtis(nodes);
    this.parameterCount = 3 * hidden + 2;
  }

  /** Hidden units that step one after the other, and that nothing is made of yet. */
  identityParameters(): number[] {
    const slope = unbounded(1, STEEPNESS);
    const steps = spread(this.#hidden, this.#tailBound / 2);
    return [...steps.map(() => slope), ...steps, ...steps.map(() => 0), 0, 0];
  }

  protected override curve(raw: Tensor): Curve {
    const hidden = this.#hidden;
    const { nodes, weights } = this.#rule;
    const [rawSlopes, offsets, rawOutputs, outputOffset, shift] = cut(raw, [hidden, hidden, hidden, 1, 1]);
    const slopes = bounded(rawSlopes, STEEPNESS);
    const outputs = tf.expandDims(tf.mul(bounded(rawOutputs, 1), RANGE / hidden), 1);
    const start = tf.add(outputOffset, UNIT);
    const constant = tf.reshape(shift, [-1]);

    /** `h` at `x uᵢ` for some constants `uᵢ`, `[n, nodes]`. */
    const integrand = (x: Tensor, at: readonly number[]): Tensor => {
      const lines = tf.stack([tf.mul(slopes, tf.expandDims(x, 1)), offsets], 2);
      const table = tf.tensor2d([...at, ...at.map(() => 1)], [2, at.length]);
      const units = tf.tanh(tf.matMul(tf.reshape(lines, [-1, 2]), table));
      const sums = tf.matMul(outputs, tf.reshape(units, [-1, hidden, at.length]));
      const positive = tf.softplus(tf.add(tf.reshape(sums, [-1, at.length]), start));
      return tf.add(tf.mul(positive, 1 - MIN_SLOPE), MIN_SLOPE);
    };

    return (x) =>
      straightTails(x, this.#tailBound, (inside) => {
        const end = stopGradient(inside);
        const rule = tf.tensor2d([...weights], [weights.length, 1]);
        const mean = tf.reshape(tf.matMul(integrand(end, nodes), rule), [-1]);
        // From `end` on, which is no way at all: the midpoint rule, of which the first two derivatives are those of the integral.
        const beyond = tf.sub(inside, end);
        const there = tf.reshape(integrand(tf.sub(inside, tf.mul(beyond, 0.5)), [1]), [-1]);
        const value = tf.add(tf.add(tf.mul(end, mean), tf.mul(beyond, there)), constant);
        return { value, logSlope: tf.log(tf.reshape(integrand(inside, [1]), [-1])) };
      });
  }

  override getConfig(): Config {
    return {
      hidden: this.#hidden,
      nodes: this.#rule.nodes.length,
      tailBound: this.#tailBound,
      ...super.getConfig(),
    };
  }
}
