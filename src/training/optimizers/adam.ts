import { adam } from '../../kernels/adam/op.js';
import type { AdamAttributes } from '../../kernels/adam/spec.js';
import type { Config } from '../../module.js';
import { checkNumber, Optimizer, type UpdateInput, type UpdateOutput } from './optimizer.js';

/** Options of {@link Adam}. */
export interface AdamOptions {
  /** Step size. Default: 1e-3. */
  readonly learningRate?: number;
  /** Decay of the mean of gradients, in [0, 1). Default: 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, in [0, 1). Default: 0.999. */
  readonly beta2?: number;
  /** Added to the root of the mean square. Default: 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay: each step also takes `learningRate · weightDecay · p` off. Default: 0. */
  readonly weightDecay?: number;
}

/**
 * Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1), with the decoupled weight decay
 * of {@link AdamW}:
 *
 * `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`,
 * `p ← p − η (m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε) + λ p)`.
 *
 * The bias corrections are worked out in double precision.
 */
export class Adam extends Optimizer {
  static override readonly className: string = 'Adam';

  override readonly learningRate: number;
  protected override readonly stateNames = ['mean', 'meanSquare'];
  readonly #options: Required<AdamOptions>;

  /** @throws FlowConfigError for a number out of range. */
  constructor(options: AdamOptions = {}) {
    super();
    const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
    const name = this.className;
    this.#options = {
      learningRate: checkNumber(`${name}.learningRate`, learningRate, learningRate > 0, 'a positive number'),
      beta1: checkNumber(`${name}.beta1`, beta1, beta1 >= 0 && beta1 < 1, 'a number in [0, 1)'),
      beta2: checkNumber(`${name}.beta2`, beta2, beta2 >= 0 && beta2 < 1, 'a number in [0, 1)'),
      epsilon: checkNumber(`${name}.epsilon`, epsilon, epsilon > 0, 'a positive number'),
      weightDecay: checkNumber(`${name}.weightDecay`, weightDecay, weightDecay >= 0, 'zero or a positive number'),
    };
    this.learningRate = learningRate;
  }

  /** The rates of one update. */
  rates(step: number, learningRate: number): AdamAttributes {
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    return {
      beta1,
      beta2,
      epsilon,
      stepSize: learningRate / (1 - beta1 ** step),
      rootScale: 1 / Math.sqrt(1 - beta2 ** step),
      decay: 1 - learningRate * weightDecay,
    };
  }

  protected override next({ parameters, gradient, state, step, learningRate }: UpdateInput): UpdateOutput {
    const [mean, meanSquare] = state;
    const [next, ...moments] = adam([parameters, mean, meanSquare, gradient], this.rates(step, learningRate));
    return { parameters: next, state: moments };
  }

  override getConfig(): Config {
    return { ...this.#options };
  }
}
