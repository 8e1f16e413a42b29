import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { combine } from './combine.js';
import { pullBack } from './pull-back.js';
import type { StepRecord } from './stepper.js';
import type { System } from './system.js';
import type { Tableau } from './tableau.js';
import { TensorSums } from './tensor-sums.js';
import { plus, timeTensor } from './times.js';

/** The way back through the steps of a {@link TensorStepper}. */
export class TensorReverse extends TensorSums {
  readonly #method: Tableau;

  constructor(method: Tableau, system: System, inputs: readonly Tensor[], dy: Tensor, dq: Tensor | null) {
    super(system, inputs, dy, dq);
    this.#method = method;
  }

  protected override before(record: StepRecord, after: readonly Tensor[]): Tensor[] {
    const { t, h } = record;
    const { a, b, c } = this.#method;
    const { dq } = this;
    const [dy] = after;
    const { start, slopes } = record.stages();
    const ofStage: (Tensor | null)[] = b.map(() => null);
    let sums = [...after];
    for (let s = b.length - 1; s >= 0; s--) {
      const later = ofStage.flatMap((gradient, i) => (gradient && a[i][s] !== 0 ? [{ gradient, weight: a[i][s] }] : [])); // prettier-ignore
      if (b[s] === 0 && later.length === 0) continue;
      const cotangent = {
        y: combine(tf.zerosLike(dy), [dy, ...later.map(({ gradient }) => gradient)], h, [b[s], ...later.map(({ weight }) => weight)]), // prettier-ignore
        q: dq && combine(tf.zerosLike(dq), [dq], h, [b[s]]),
      };
      const at = combine(start, slopes.slice(0, s), h, a[s]);
      const pulled = pullBack(this.system, timeTensor(plus(t, h, c[s])), at, this.inputs, cotangent);
      this.evaluations++;
      ofStage[s] = pulled.y;
      sums = [pulled.y, ...pulled.inputs, ...pulled.variables].map((gradient, i) => tf.add(sums[i], gradient));
    }
    return sums;
  }
}
