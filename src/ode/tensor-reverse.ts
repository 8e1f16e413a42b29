import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { combine } from './combine.js';
import { pullBack, type PulledBack } from './pull-back.js';
import type { Reverse } from './reverse.js';
import type { StepRecord } from './stepper.js';
import type { System } from './system.js';
import type { Tableau } from './tableau.js';
import { plus, timeTensor } from './times.js';

/** The way back through the steps of a {@link TensorStepper}. */
export class TensorReverse implements Reverse {
  evaluations = 0;
  readonly #method: Tableau;
  readonly #system: System;
  readonly #inputs: readonly Tensor[];
  readonly #dq: Tensor | null;
  #sums: Tensor[];

  constructor(method: Tableau, system: System, inputs: readonly Tensor[], dy: Tensor, dq: Tensor | null) {
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
    const { a, b, c } = this.#method;
    const sums = tf.tidy(() => {
      const [dy] = this.#sums;
      const { start, slopes } = record.stages();
      const ofStage: (Tensor | null)[] = b.map(() => null);
      let total = [...this.#sums];
      for (let s = b.length - 1; s >= 0; s--) {
        const later = ofStage.flatMap((gradient, i) => (gradient && a[i][s] !== 0 ? [{ gradient, weight: a[i][s] }] : [])); // prettier-ignore
        if (b[s] === 0 && later.length === 0) continue;
        const zero = tf.zerosLike(dy);
        const cotangent = {
          y: combine(zero, [dy, ...later.map(({ gradient }) => gradient)], h, [b[s], ...later.map(({ weight }) => weight)]), // prettier-ignore
          q: this.#dq && combine(tf.zerosLike(this.#dq), [this.#dq], h, [b[s]]),
        };
        const at = combine(start, slopes.slice(0, s), h, a[s]);
        const pulled = pullBack(this.#system, timeTensor(plus(t, h, c[s])), at, this.#inputs, cotangent);
        this.evaluations++;
        ofStage[s] = pulled.y;
        total = [pulled.y, ...pulled.inputs, ...pulled.variables].map((gradient, i) => tf.add(total[i], gradient));
      }
      return total;
    });
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
