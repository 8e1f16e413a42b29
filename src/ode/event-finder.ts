import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { StepRecord } from './stepper.js';
import { at, timeTensor, type Times } from './times.js';

/** Halvings of a step that float32 can tell apart. */
const HALVINGS = 24;

/** Finds for each row when a function of time and state first changes its sign, on the dense output. */
export class EventFinder {
  /** When it happened; NaN for rows for which it has not. */
  readonly times: Float64Array;
  readonly #event: (t: Tensor, y: Tensor) => Tensor;
  readonly #width: number;
  readonly #states: Float32Array;
  #sign: Float32Array;

  /** @param event `t` `[rows, 1]`, `y` `[rows, width]` → `[rows]` */
  constructor(event: (t: Tensor, y: Tensor) => Tensor, start: Tensor, from: number) {
    const [rows, width] = start.shape as [number, number];
    this.#event = event;
    this.#width = width;
    this.#states = new Float32Array(rows * width);
    this.times = new Float64Array(rows).fill(NaN);
    this.#sign = this.#evaluate(new Float64Array(rows).fill(from), start);
  }

  /** Whether it has happened for a row, or with null for all. */
  isDone(row: number | null): boolean {
    return row === null ? this.times.every((time) => !Number.isNaN(time)) : !Number.isNaN(this.times[row]);
  }

  pass(record: StepRecord): void {
    const rows = this.times.length;
    const valuesAt = (theta: Times) => {
      const { y, q } = record.at(theta);
      const values = this.#evaluate(theta.map((s, row) => at(record.t, row) + s * at(record.h, row)), y); // prettier-ignore
      q?.dispose();
      return { y, values };
    };
    const low = new Float64Array(rows);
    const high = new Float64Array(rows).fill(1);
    const end = valuesAt(high);
    end.y.dispose();
    const before = this.#sign;
    const crossed = before.map((value, row) => {
      return Number.isNaN(this.times[row]) && (end.values[row] === 0 || value * end.values[row] < 0) ? 1 : 0;
    });
    this.#sign = end.values.map((value, row) => (value === 0 ? before[row] : value));
    if (!crossed.includes(1)) return;
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = low.map((s, row) => (s + high[row]) / 2);
      const { y, values } = valuesAt(middle);
      y.dispose();
      for (let row = 0; row < rows; row++) {
        if (values[row] * before[row] > 0) low[row] = middle[row];
        else high[row] = middle[row];
      }
    }
    const { y } = valuesAt(high);
    const states = y.dataSync<'float32'>();
    crossed.forEach((yes, row) => {
      if (!yes) return;
      this.times[row] = at(record.t, row) + high[row] * at(record.h, row);
      const [begin, stop] = [row * this.#width, (row + 1) * this.#width];
      this.#states.set(states.subarray(begin, stop), begin);
    });
    y.dispose();
  }

  /** `y` with the rows for which it has happened as they were then. */
  replaceIn(y: Tensor): Tensor {
    const values = y.dataSync<'float32'>().slice();
    this.times.forEach((time, row) => {
      if (Number.isNaN(time)) return;
      const [begin, end] = [row * this.#width, (row + 1) * this.#width];
      values.set(this.#states.subarray(begin, end), begin);
    });
    return tf.tensor(values, y.shape, 'float32');
  }

  #evaluate(t: Times, y: Tensor): Float32Array {
    const value = tf.tidy(() => tf.reshape(this.#event(timeTensor(t), y), [t.length]));
    const numbers = value.dataSync<'float32'>().slice();
    value.dispose();
    return numbers;
  }
}
