import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { perCoordinate } from '../distributions/check.js';
import { FlowConfigError } from '../errors.js';
import { logSumExp } from '../kernels/log-sum-exp/op.js';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { Energy } from './energy.js';

/** Options of {@link GaussianMixture}. */
export interface GaussianMixtureOptions {
  /** Centres of the components, lists of equal length. */
  readonly means: readonly (readonly number[])[];
  /** Standard deviation of every component in every direction. Default: 1. */
  readonly std?: number;
  /** Positive weights, one a component; they need not sum to 1. Default: equal. */
  readonly weights?: readonly number[];
}

/** `u(x) = -log Σₖ wₖ N(x; μₖ, σ² I)`, normalised: `log ∫ exp(-u) dx = 0`. All components are evaluated in one go. */
export class GaussianMixture extends Energy {
  static override readonly className = 'GaussianMixture';
  static override readonly samples = [
    () => new GaussianMixture({ means: [[-1], [1.5]], std: 0.7, weights: [1, 3] }),
    () => new GaussianMixture({ means: gaussianMixture40Means(3) }),
  ];

  override readonly eventShape: Shape;
  readonly #config: Required<GaussianMixtureOptions>;
  readonly #means: Tensor;
  readonly #logFactors: Tensor;

  /** @throws FlowConfigError for no or unequal means, a deviation or weights that are not positive. */
  constructor({ means, std = 1, weights = means?.map(() => 1) }: GaussianMixtureOptions) {
    super();
    const dims = means?.[0]?.length ?? 0;
    if (dims === 0 || means.some((mean) => mean.length !== dims || !mean.every(Number.isFinite))) {
      throw new FlowConfigError('GaussianMixture.means', {
        expected: 'a list of points with equally many finite coordinates',
        got: dims === 0 ? 'no point' : 'others',
      });
    }
    checkConstants('GaussianMixture', { std }, 'positive');
    const parts = perCoordinate('GaussianMixture.weights', weights, [means.length], 'positive');
    const total = parts.reduce((sum, weight) => sum + weight);
    const logNormal = -dims * (Math.log(std) + 0.5 * Math.log(2 * Math.PI));
    this.eventShape = [dims];
    this.#config = { means, std, weights };
    this.#means = this.constant('means', tf.tensor(means.flat(), [1, means.length, dims]));
    this.#logFactors = this.constant('logFactors', tf.tensor1d(parts.map((weight) => Math.log(weight / total) + logNormal))); // prettier-ignore
  }

  /**
   * `n` independent draws.
   *
   * @returns `[n, dims]`
   */
  sample(n: number, { seed }: { readonly seed: Seed }): Tensor {
    checkInteger('GaussianMixture.sample', n, 0);
    const { means, std, weights } = this.#config;
    const [dims] = this.eventShape;
    const stream = RandomStream.from(seed);
    const values = stream.normal(n * dims);
    const total = weights.reduce((sum, weight) => sum + weight);
    for (let row = 0; row < n; row++) {
      let rest = stream.next() * total;
      const chosen = weights.findIndex((weight) => (rest -= weight) < 0);
      const mean = means.at(chosen)!;
      for (let i = 0; i < dims; i++) values[row * dims + i] = mean[i] + std * values[row * dims + i];
    }
    return tf.tensor(values, [n, dims]);
  }

  protected override evaluate(x: Tensor): Tensor {
    const { std } = this.#config;
    const [dims] = this.eventShape;
    const offsets = tf.sub(tf.reshape(x, [-1, 1, dims]), this.#means);
    const exponents = tf.sub(this.#logFactors, tf.mul(0.5 / (std * std), tf.sum(tf.square(offsets), 2)));
    return tf.neg(tf.squeeze(logSumExp(exponents), [1]));
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}

/**
 * The benchmark GMM-40 of FAB (Midgley et al., 2023): 40 equal components in the plane, of standard deviation
 * `log(1 + e) = 1.3133`, with means drawn uniformly from `[-40, 40]²`. The means are those of our own seed.
 */
export function gaussianMixture40(): GaussianMixture {
  return new GaussianMixture({ means: gaussianMixture40Means(40), std: Math.log1p(Math.E) });
}

function gaussianMixture40Means(count: number): number[][] {
  const numbers = new RandomStream('gaussian-mixture-40').uniform(2 * count, -40, 40);
  return Array.from({ length: count }, (_, k) => [numbers[2 * k], numbers[2 * k + 1]]);
}
