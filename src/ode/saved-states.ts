import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { StepRecord } from './stepper.js';
import { at } from './times.js';

/** Collects a solution at given times from its dense output while it passes them. */
export class SavedStates {
  readonly #times: readonly number[];
  readonly #values: Float32Array[];
  readonly #rows: number;
  readonly #width: number;

  /** @param times from the start on, in the direction of the walk */
  constructor(times: readonly number[], start: Tensor, from: number) {
    [this.#rows, this.#width] = start.shape as [number, number];
    this.#times = times;
    const first = times.includes(from) ? start.dataSync<'float32'>() : null;
    this.#values = times.map((time) => (time === from ? first!.slice() : new Float32Array(start.size)));
  }

  pass(record: StepRecord): void {
    this.#times.forEach((time, i) => {
      const theta = Float64Array.from(record.t, (t, row) => (time - t) / record.h[row]);
      // Past the beginning, up to the end: each time is passed once.
      const passed = (row: number) => at(theta, row) > 0 && at(theta, row) <= 1;
      if (!theta.some((_, row) => passed(row))) return;
      const { y, q } = record.at(theta.map((s) => (s > 0 && s <= 1 ? s : 0)));
      const values = y.dataSync<'float32'>();
      for (let row = 0; row < this.#rows; row++) {
        if (!passed(row)) continue;
        const [begin, end] = [row * this.#width, (row + 1) * this.#width];
        this.#values[i].set(values.subarray(begin, end), begin);
      }
      y.dispose();
      q?.dispose();
    });
  }

  /** `[rows, width]` for each time. */
  tensors(): Tensor[] {
    return this.#values.map((values) => tf.tensor2d(values, [this.#rows, this.#width]));
  }
}
