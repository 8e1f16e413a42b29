import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../random.js';
import type { Shape } from '../../shapes.js';
import type { UnitVectors } from '../../unit-vectors.js';

/** Shapes that the rows of a table must have, as the model and the objective state them. */
export interface RowShapes {
  readonly eventShape: Shape;
  /** Null for a model that takes no context. */
  readonly contextShape: Shape | null;
  /** Null for an objective that compares rows with nothing else. Default: null. */
  readonly targetShape?: Shape | null;
  /** Coordinates of the last axis of an event that are a unit vector. Default: null. */
  readonly unitVectors?: UnitVectors | null;
}

/** Some rows of a table, in JavaScript memory. */
export interface Batch {
  readonly rows: number;
  /** `rows` events, one after the other. */
  readonly x: Float32Array;
  /** `rows` contexts, one after the other. */
  readonly context: Float32Array | null;
  /** `rows` targets, one after the other. Default: null. */
  readonly targets?: Float32Array | null;
  /** Which rows of the caller's data these are. */
  readonly indices: Int32Array;
  /** Random numbers that the objective asked for. */
  readonly noise?: RowNoise | null;
}

/** Random numbers for each row of a batch. */
export interface RowNoise {
  /** One row after the other. */
  readonly values: Float32Array;
  /** Shape of those of one row. */
  readonly shape: Shape;
}

/** Training data, whatever they came in: checked, and ready to be cut into batches any number of times. */
export interface Table {
  readonly rows: number;
  readonly shapes: RowShapes;
  /** A number that differs between different data (with near certainty). */
  readonly digest: number;
  /** What is suspicious about the data: full sentences. */
  readonly warnings: readonly string[];

  /**
   * One pass over all rows in batches; the last one may be smaller.
   *
   * @param order draws the order of the rows; null for the order they came in. A stream of data keeps its own order.
   * @param skip batches at the start of the pass to leave out
   */
  batches(size: number, order: RandomStream | null, skip?: number): AsyncIterable<Batch> | Iterable<Batch>;
}

/** Tensors of a batch, as objectives take them. */
export interface BatchTensors {
  /** `[batch, ...eventShape]` */
  readonly x: Tensor;
  /** `[batch, ...contextShape]`, or null */
  readonly context: Tensor | null;
  /** `[batch, ...targetShape]`: what the data give the objective to compare with; missing or null where it wants none. */
  readonly targets?: Tensor | null;
  /** `[batch, ...]`: what the `noise` of the objective drew for this batch; missing or null where it has none. */
  readonly noise?: Tensor | null;
}

/** Copies a batch to the backend. Call it inside a tidy. */
export function toTensors(batch: Batch, { eventShape, contextShape, targetShape }: RowShapes) {
  const { rows, x, context, targets = null, noise = null } = batch;
  return {
    x: tf.tensor(x, [rows, ...eventShape], 'float32'),
    context: context && tf.tensor(context, [rows, ...contextShape!], 'float32'),
    targets: targets && tf.tensor(targets, [rows, ...targetShape!], 'float32'),
    noise: noise && tf.tensor(noise.values, [rows, ...noise.shape], 'float32'),
  } satisfies BatchTensors;
}
