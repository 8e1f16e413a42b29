import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { PulledBack } from '../pull-back.js';
import type { Reverse } from '../reverse.js';
import type { StepRecord } from '../stepper.js';
import type { System } from '../system.js';
import { evaluationsToLinearise } from './linearise.js';
import { rosenbrockStep } from './step.js';
import type { RosenbrockTableau } from './tableau.js';

/**
 * The way back through the steps of a Rosenbrock method: each is done again and differentiated through, its Jacobian
 * included. The gradient is that of the numerical solution; the right-hand side has to be differentiable twice.
 */
export class RosenbrockReverse implements Reverse {
  evaluations = 0;
  readonly #method: RosenbrockTableau;
  readonly #system: System;
  readonly #inputs: readonly Tensor[];
  readonly #dq: Tensor | null;
  #sums: Tensor[];

  constructor(method: RosenbrockTableau, system: System, inputs: readonly Tensor[], dy: Tensor, dq: Tensor | null) {
    this.#method = method;
    this.#system = system;
    this.#inputs = inputs;
    this.#dq = dq;
    this.#sums = tf.tidy(() => [
      tf.clone(dy),
      ...inputs.map((input) => tf.zerosLike(input)),
      ...system.variables.map((variable) => tf.zeros(variable.shape)),
    ]);
  }

  back(record: StepRecord): void {
    const { t, h } = record;
    const sums = tf.tidy(() => {
      const [dy, ...before] = this.#sums;
      const { start } = record.stages();
      const step = () => {
        const q = this.#dq && tf.zerosLike(this.#dq);
        const next = rosenbrockStep(this.#method, this.#system, { t, h, y: start, q, inputs: this.#inputs });
        return next.q ? tf.concat([next.y, next.q], 1) : next.y;
      };
      const upstream = this.#dq ? tf.concat([dy, this.#dq], 1) : dy;
      const sources = [start, ...this.#inputs, ...(this.#system.variables as readonly Tensor[])];
      const found = tf.engine().gradients(step, sources, upstream, true).grads as (Tensor | undefined)[];
      const [first, ...rest] = found;
      return [first ?? tf.clone(dy), ...before.map((sum, i) => (rest[i] ? tf.add(sum, rest[i]) : tf.clone(sum)))];
    });
    this.evaluations += evaluationsToLinearise(this.#system) + this.#method.c.length - 1;
    tf.dispose(this.#sums);
    this.#sums = sums;
  }

  result(): PulledBack {
    const inputs = this.#inputs.length;
    const [y, ...rest] = this.#sums.map((sum) => tf.clone(sum));
    return { y, inputs: rest.slice(0, inputs), variables: rest.slice(inputs) };
  }

  dispose(): void {
    tf.dispose(this.#sums);
    this.#sums = [];
  }
}
