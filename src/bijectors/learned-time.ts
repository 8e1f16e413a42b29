import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { Module, type Config } from '../module.js';

/** Options of {@link LearnedTime}. */
export interface LearnedTimeOptions {
  /** Where it starts. Default: 1. */
  readonly initial?: number;
  /** Between what it stays. Default: [0.1, 1.9]. */
  readonly bounds?: readonly [number, number];
  /** How much faster it moves than other parameters: an optimizer knows one learning rate. Default: 1. */
  readonly rate?: number;
}

/**
 * The stopping time of a continuous flow as a parameter: `T = low + (high − low) σ(rate · raw)`, which never leaves its
 * bounds (Du et al., "TO-FLOW: Efficient continuous normalizing flows with temporal optimization adjoint with
 * coordinate descent", 2022, where it is clipped instead). Its gradient, `∂L/∂T = a(T) · f(T, z(T)) + …`, takes no solve of its
 * own.
 */
export class LearnedTime extends Module {
  static override readonly className = 'LearnedTime';

  readonly #raw: Variable;
  readonly #config: Required<LearnedTimeOptions>;

  /** @throws FlowConfigError for bounds out of order, a start that is not between them, or a rate that is not positive. */
  constructor({ initial = 1, bounds = [0.1, 1.9], rate = 1 }: LearnedTimeOptions = {}) {
    super();
    const [low, high] = bounds;
    if (!(low > 0 && high > low && high < Infinity)) {
      throw new FlowConfigError('LearnedTime.bounds', {
        expected: 'two positive times in order',
        got: `[${bounds.join(', ')}]`,
      });
    }
    if (!(initial > low && initial < high)) {
      throw new FlowConfigError('LearnedTime.initial', {
        expected: `a time between ${low} and ${high}`,
        got: String(initial),
      });
    }
    if (!(rate > 0 && rate < Infinity)) {
      throw new FlowConfigError('LearnedTime.rate', { expected: 'a positive number', got: String(rate) });
    }
    this.#config = { initial, bounds, rate };
    const share = (initial - low) / (high - low);
    this.#raw = this.weight('raw', [], [Math.log(share / (1 - share)) / rate]);
  }

  /** `T`, a scalar. */
  value(): Tensor {
    const { bounds, rate } = this.#config;
    const [low, high] = bounds;
    return tf.tidy(() => tf.add(tf.mul(tf.sigmoid(tf.mul(this.#raw, rate)), high - low), low));
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}
