import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { PulledBack } from './pull-back.js';
import type { Reverse } from './reverse.js';
import type { StepRecord } from './stepper.js';
import type { System } from './system.js';

/**
 * A way back on tensors: the gradients with respect to the state, the inputs and the variables, in this order, which add up
 * from step to step. A subclass says what one step does to them.
 */
export abstract class TensorSums implements Reverse {
  evaluations = 0;
  protected readonly system: System;
  protected readonly inputs: readonly Tensor[];
  /** Gradient with respect to the quadratures; the same at every time. */
  protected readonly dq: Tensor | null;
  #sums: Tensor[];

  constructor(system: System, inputs: readonly Tensor[], dy: Tensor, dq: Tensor | null) {
    this.system = system;
    this.inputs = inputs;
    this.dq = dq;
    this.#sums = tf.tidy(() => [
      tf.clone(dy),
      ...inputs.map((input) => tf.zerosLike(input)),
      ...system.variables.map((variable) => tf.zeros(variable.shape)),
    ]);
  }

  /** The sums before a step from those after it; all of them new tensors. Runs tidily. */
  protected abstract before(record: StepRecord, after: readonly Tensor[]): Tensor[];

  back(record: StepRecord): void {
    const sums = tf.tidy(() => this.before(record, this.#sums));
    tf.dispose(this.#sums);
    this.#sums = sums;
  }

  result(): PulledBack {
    const inputs = this.inputs.length;
    const [y, ...rest] = this.#sums.map((sum) => tf.clone(sum));
    return { y, inputs: rest.slice(0, inputs), variables: rest.slice(inputs) };
  }

  dispose(): void {
    tf.dispose(this.#sums);
    this.#sums = [];
  }
}
