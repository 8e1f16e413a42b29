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
      const theta = Float64Array.from(record.t, (t, i) => placeIn(t, record.h[i], time));
      if (theta.every((s) => s === 0)) return;
      const { y, q } = record.at(theta);
      const values = y.dataSync<'float32'>();
      for (let row = 0; row < this.#rows; row++) {
        if (at(theta, row) === 0) continue;
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

/** `θ` of a time in the step from `t`, past its beginning and up to its end; else 0, so that each time is passed once. */
function placeIn(t: number, h: number, time: number): number {
  const theta = (time - t) / h;
  // Rounding may put the very time at which the step ends a little behind it.
  if (theta > 1 && Math.abs(time - t) <= Math.abs(t + h - t)) return 1;
  return theta > 0 && theta <= 1 ? theta : 0;
}
