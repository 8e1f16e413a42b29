import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { StepRecord } from './stepper.js';
import { at, type Times } from './times.js';

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

  /** @param end time that the step led to */
  pass(record: StepRecord, end: Times): void {
    this.#times.forEach((time, i) => {
      const theta = record.t.map((t, row) => placeIn(t, record.h[row], end[row], time));
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

/** `θ` of a time in a step, past its beginning and up to its end; else 0, so that each time is passed once. */
function placeIn(t: number, h: number, end: number, time: number): number {
  const inside = h > 0 ? time > t && time <= end : h < 0 && time < t && time >= end;
  // Rounding may put the end itself a little behind.
  return inside ? Math.min(1, (time - t) / h) : 0;
}
