import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { logSoftmax } from '../kernels/log-sum-exp/op.js';
import type { Config } from '../module.js';
import type { Curve } from '../numerics/invert-monotone.js';
import { matchingScale, mixtureLogit } from './mixture-logit.js';
import { checkCount, NumericElementwise, type NumericElementwiseOptions } from './numeric-elementwise.js';
import { bounded, cut, spread, unbounded } from './parameters.js';

/** Options of {@link LogisticMixture}. */
export interface LogisticMixtureOptions extends NumericElementwiseOptions {
  /** Number of logistic distributions. Default: 8. */
  readonly components?: number;
}

/** Largest `|log scale|` of a component, and of the line at the end. */
const SCALE_BOUND = 7;
const LINE_BOUND = 5;
/** The start has its components from `-SPREAD` to `SPREAD`: equal ones would get equal gradients for ever. */
const SPREAD = 0.5;

/**
 * Distribution function of a mixture of logistic distributions, back to the reals, and a line; data → base:
 * `z = e^a logit(Σⱼ πⱼ σ((x - μⱼ) e^{-sⱼ})) + b`, with `π = softmax(raw)`, `s = 7 tanh(raw / 7)`, `a = 5 tanh(raw / 5)`. With
 * `K` components the raw parameters are `π`, `μ`, `s` (`K` each), `a`, `b`. `forward` is numeric.
 *
 * The start is within 4% of the identity.
 *
 * Source: Ho, Chen, Srinivas, Duan, Abbeel, "Flow++", 2019, section 3.2.
 *
 * @cost forward: numeric; inverse: formula
 */
export class LogisticMixture extends NumericElementwise {
  static override readonly className = 'LogisticMixture';
  static override readonly samples = [
    () => new LogisticMixture({ components: 4 }),
    () => new LogisticMixture({ components: 1, tolerance: 1e-5 }),
  ];

  override readonly parameterCount: number;
  /** How far the start may be from the identity, relative to `1 + |x|`. */
  readonly identityGap = 0.04;
  readonly #components: number;

  /** @throws FlowConfigError for a number of components that is no positive integer. */
  constructor({ components = 8, ...search }: LogisticMixtureOptions = {}) {
    super(search);
    checkCount('LogisticMixture', 'components', components);
    this.#components = components;
    this.parameterCount = 3 * components + 2;
  }

  identityParameters(): number[] {
    const means = spread(this.#components, SPREAD);
    const scale = unbounded(Math.log(matchingScale(means)), SCALE_BOUND);
    return [...means.map(() => 0), ...means, ...means.map(() => scale), 0, 0];
  }

  protected override curve(raw: Tensor): Curve {
    const k = this.#components;
    const [logits, means, rawScales, rawLine, shift] = cut(raw, [k, k, k, 1, 1]);
    const logWeights = logSoftmax(logits);
    const logRates = tf.neg(bounded(rawScales, SCALE_BOUND));
    const rates = tf.exp(logRates);
    const logLine = bounded(rawLine, LINE_BOUND);
    const line = tf.exp(logLine);
    return (x) => {
      const t = tf.mul(tf.sub(tf.expandDims(x, 1), means), rates);
      const { value, logSlope } = mixtureLogit(t, logWeights, logRates);
      return {
        value: tf.reshape(tf.add(tf.mul(value, line), shift), [-1]),
        logSlope: tf.reshape(tf.add(logSlope, logLine), [-1]),
      };
    };
  }

  override getConfig(): Config {
    return { components: this.#components, ...super.getConfig() };
  }
}
