import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { StepRecord } from '../stepper.js';
import type { System } from '../system.js';
import { TensorSums } from '../tensor-sums.js';
import { evaluationsToLinearise } from './linearise.js';
import { rosenbrockStep } from './step.js';
import type { RosenbrockTableau } from './tableau.js';

/**
 * The way back through the steps of a Rosenbrock method: each is done again and differentiated through, its Jacobian
 * included. The gradient is that of the numerical solution; the right-hand side has to be differentiable twice.
 */
export class RosenbrockReverse extends TensorSums {
  readonly #method: RosenbrockTableau;

  constructor(method: RosenbrockTableau, system: System, inputs: readonly Tensor[], dy: Tensor, dq: Tensor | null) {
    super(system, inputs, dy, dq);
    this.#method = method;
  }

  protected override before(record: StepRecord, after: readonly Tensor[]): Tensor[] {
    const { t, h } = record;
    const { system, inputs, dq } = this;
    const [dy, ...others] = after;
    const { start } = record.stages();
    const step = () => {
      const q = dq && tf.zerosLike(dq);
      const next = rosenbrockStep(this.#method, system, { t, h, y: start, q, inputs });
      return next.q ? tf.concat([next.y, next.q], 1) : next.y;
    };
    const sources = [start, ...inputs, ...(system.variables as readonly Tensor[])];
    const found = tf.engine().gradients(step, sources, dq ? tf.concat([dy, dq], 1) : dy, true);
    const [first, ...rest] = found.grads as (Tensor | undefined)[];
    this.evaluations += evaluationsToLinearise(system) + this.#method.c.length - 1;
    return [first ?? tf.clone(dy), ...others.map((sum, i) => (rest[i] ? tf.add(sum, rest[i]) : tf.clone(sum)))];
  }
}
