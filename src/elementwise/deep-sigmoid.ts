import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { logSoftmax } from '../kernels/log-sum-exp/op.js';
import type { Config } from '../module.js';
import type { Curve } from '../numerics/invert-monotone.js';
import { matchingScale, mixtureLogit } from './mixture-logit.js';
import { checkCount, NumericElementwise, type NumericElementwiseOptions } from './numeric-elementwise.js';
import { cut, softplusInverse, spread } from './parameters.js';

/** Options of {@link DeepSigmoid}. */
export interface DeepSigmoidOptions extends NumericElementwiseOptions {
  /** Number of sigmoids. Default: 16. */
  readonly units?: number;
}

/** Least rate of a sigmoid: the map is nowhere flatter far out. */
const MIN_RATE = 1e-3;
/** The start has the steps of its sigmoids from `-SPREAD` to `SPREAD`: equal ones would get equal gradients for ever. */
const SPREAD = 0.5;

/**
 * Deep sigmoidal flow, data → base: `z = logit(Σⱼ wⱼ σ(aⱼ x + bⱼ))`, with `K` units, `a = softplus(raw) + 1e-3` and
 * `w = softmax(raw)`, all in logarithms. Raw parameters: `a`, `b`, `w`, `K` each. `forward` is numeric.
 *
 * The start is within 4% of the identity: steps that are a little apart, each a little steeper.
 *
 * Source: Huang, Krueger, Lacoste, Courville, "Neural autoregressive flows", 2018, equation 8.
 *
 * @cost forward: numeric; inverse: formula
 */
export class DeepSigmoid extends NumericElementwise {
  static override readonly className = 'DeepSigmoid';
  static override readonly samples = [() => new DeepSigmoid({ units: 4 }), () => new DeepSigmoid({ units: 1 })];

  override readonly parameterCount: number;
  /** How far the start may be from the identity, relative to `1 + |x|`. */
  readonly identityGap = 0.04;
  readonly #units: number;

  /** @throws FlowConfigError for a number of units that is no positive integer. */
  constructor({ units = 16, ...search }: DeepSigmoidOptions = {}) {
    super(search);
    checkCount('DeepSigmoid', 'units', units);
    this.#units = units;
    this.parameterCount = 3 * units;
  }

  identityParameters(): number[] {
    const centres = spread(this.#units, SPREAD);
    const rate = 1 / matchingScale(centres);
    const rates = centres.map(() => softplusInverse(rate - MIN_RATE));
    return [...rates, ...centres.map((centre) => -rate * centre), ...centres.map(() => 0)];
  }

  protected override curve(raw: Tensor): Curve {
    const [rawRates, offsets, logits] = cut(raw, [this.#units, this.#units, this.#units]);
    const rates = tf.add(tf.softplus(rawRates), MIN_RATE);
    const [logRates, logWeights] = [tf.log(rates), logSoftmax(logits)];
    return (x) => {
      const t = tf.add(tf.mul(rates, tf.expandDims(x, 1)), offsets);
      const { value, logSlope } = mixtureLogit(t, logWeights, logRates);
      return { value: tf.reshape(value, [-1]), logSlope: tf.reshape(logSlope, [-1]) };
    };
  }

  override getConfig(): Config {
    return { units: this.#units, ...super.getConfig() };
  }
}
