import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { Config } from '../../module.js';
import { checkNumber, Optimizer, type UpdateInput, type UpdateOutput } from './optimizer.js';

/** Options of {@link Sgd}. */
export interface SgdOptions {
  /** Step size. Default: 1e-2. */
  readonly learningRate?: number;
  /** Part of the velocity kept from step to step, in [0, 1). Default: 0. */
  readonly momentum?: number;
  /** Decoupled weight decay: each step also takes `learningRate · weightDecay · p` off. Default: 0. */
  readonly weightDecay?: number;
}

/**
 * Gradient descent with momentum (Sutskever et al., "On the importance of initialization and momentum in deep learning",
 * 2013, with the step size outside of the velocity): `v ← μ v + g`, `p ← p − η (v + λ p)`.
 */
export class Sgd extends Optimizer {
  static override readonly className = 'Sgd';

  override readonly learningRate: number;
  protected override readonly stateNames: readonly string[];
  readonly #options: Required<SgdOptions>;

  /** @throws FlowConfigError for a number out of range. */
  constructor({ learningRate = 1e-2, momentum = 0, weightDecay = 0 }: SgdOptions = {}) {
    super();
    this.learningRate = checkNumber('Sgd.learningRate', learningRate, learningRate > 0, 'a positive number');
    checkNumber('Sgd.momentum', momentum, momentum >= 0 && momentum < 1, 'a number in [0, 1)');
    checkNumber('Sgd.weightDecay', weightDecay, weightDecay >= 0, 'zero or a positive number');
    this.stateNames = momentum > 0 ? ['velocity'] : [];
    this.#options = { learningRate, momentum, weightDecay };
  }

  protected override next({ parameters, gradient, state, learningRate }: UpdateInput): UpdateOutput {
    const { momentum, weightDecay } = this.#options;
    const velocity: Tensor1D = momentum > 0 ? tf.add(tf.mul(state[0], momentum), gradient) : gradient;
    const kept = weightDecay > 0 ? tf.mul(parameters, 1 - learningRate * weightDecay) : parameters;
    return { parameters: tf.sub(kept, tf.mul(velocity, learningRate)), state: momentum > 0 ? [velocity] : [] };
  }

  override getConfig(): Config {
    return { ...this.#options };
  }
}
