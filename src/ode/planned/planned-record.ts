import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { denseOutput } from '../combine.js';
import { tidyState, type State } from '../state.js';
import type { Stages, StepRecord } from '../stepper.js';
import type { Tableau } from '../tableau.js';
import type { Times } from '../times.js';

/** One part of a solution at the start of a step, and its slope at every stage. */
export interface RecordedPart {
  /** Numbers of one row. */
  readonly width: number;
  readonly start: Float32Array;
  /** Stage after stage. */
  readonly slopes: Float32Array;
}

/** A step of a planned solution, in memory that the garbage collector looks after. */
export class PlannedRecord implements StepRecord {
  readonly tensors: readonly Tensor[] = [];

  constructor(
    readonly method: Tableau,
    readonly t: Times,
    readonly h: Times,
    readonly rows: number,
    readonly y: RecordedPart,
    readonly q: RecordedPart | null,
  ) {}

  at(theta: Times): State {
    const part = (recorded: RecordedPart) => {
      const { start, slopes } = this.#tensorsOf(recorded);
      return denseOutput(this.method, start, slopes, this.h, theta);
    };
    return tidyState(() => ({ y: part(this.y), q: this.q && part(this.q), total: null }));
  }

  stages(): Stages {
    return this.#tensorsOf(this.y);
  }

  withTensors(): PlannedRecord {
    return this;
  }

  dispose(): void {}

  #tensorsOf({ width, start, slopes }: RecordedPart): Stages {
    const tensor = (values: Float32Array) => tf.tensor2d(values, [this.rows, width]);
    const size = start.length;
    return {
      start: tensor(start),
      slopes: this.method.b.map((_, stage) => tensor(slopes.subarray(stage * size, (stage + 1) * size))),
    };
  }
}
