import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { Config, Configurable } from '../../module.js';

/** One update of an optimizer: everything a rule may use. All vectors are `[parameters]`. */
export interface UpdateInput {
  /** As they are. */
  readonly parameters: Tensor1D;
  /** Of the objective, clipped. */
  readonly gradient: Tensor1D;
  /** What the rule returned last time; zeros at first. */
  readonly state: readonly Tensor1D[];
  /** 1 for the first update. */
  readonly step: number;
  /** Step size, the schedule applied. */
  readonly learningRate: number;
}

/** What a rule returns. */
export interface UpdateOutput {
  /** As they shall be. */
  readonly parameters: Tensor1D;
  /** For the next update. */
  readonly state: readonly Tensor1D[];
}

/**
 * A rule that moves parameters along a gradient. All parameters of a model are one flat vector, and so is every piece
 * of state. The state belongs to one training run: `fit` starts from a fresh one and frees it at the end.
 *
 * A subclass writes only the rule, {@link Optimizer.next}.
 */
export abstract class Optimizer implements Configurable {
  /** Name under which a checkpoint keeps it. Set it in every subclass. */
  static readonly className: string = '';

  /** Step size where the training run does not state its own. */
  abstract readonly learningRate: number;
  /** Names of the state vectors, as checkpoints write them. */
  protected abstract readonly stateNames: readonly string[];

  #state: readonly Tensor1D[] | null = null;

  get className(): string {
    return (this.constructor as typeof Optimizer).className;
  }

  abstract getConfig(): Config;

  /** The new parameters and the new state. */
  protected abstract next(input: UpdateInput): UpdateOutput;

  /**
   * One step. The new parameters belong to the caller; `parameters` and `gradient` are left alone.
   *
   * @param step 1 for the first
   */
  update(parameters: Tensor1D, gradient: Tensor1D, step: number, learningRate = this.learningRate): Tensor1D {
    const before = this.#state;
    const [updated, ...state] = tf.tidy(() => {
      const zeros = () => this.stateNames.map(() => tf.zerosLike(parameters));
      const output = this.next({ parameters, gradient, state: before ?? zeros(), step, learningRate });
      return [output.parameters, ...output.state];
    });
    this.#state = state;
    for (const tensor of before ?? []) tensor.dispose();
    return updated;
  }

  /** State vectors by name; empty before the first step. They belong to the optimizer. */
  get state(): ReadonlyMap<string, Tensor1D> {
    return new Map(this.#state?.map((tensor, i) => [this.stateNames[i], tensor]));
  }

  /** Takes up a state read earlier from {@link Optimizer.state}; an empty map starts afresh. The values are copied. */
  restore(state: ReadonlyMap<string, Float32Array>): void {
    this.reset();
    if (state.size === 0) return;
    this.#state = this.stateNames.map((name) => {
      const values = state.get(name);
      if (values) return tf.tensor1d(values, 'float32');
      throw new FlowConfigError(`${this.className}.restore`, { expected: `a state vector "${name}"`, got: 'none' });
    });
  }

  /** Forgets and frees the state. */
  reset(): void {
    for (const tensor of this.#state ?? []) tensor.dispose();
    this.#state = null;
  }
}

/** @throws FlowConfigError unless `value` lies in the range. */
export function checkNumber(where: string, value: number, valid: boolean, range: string): number {
  if (!valid || !Number.isFinite(value)) throw new FlowConfigError(where, { expected: range, got: String(value) });
  return value;
}
