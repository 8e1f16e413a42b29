import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import {
  Affine,
  Bijector,
  Chain,
  Flow,
  Normal,
  Permute,
  RandomStream,
  type Config,
  type Module,
} from '../../src/index.js';
import type { ValueAndLogDet } from '../../src/bijectors/bijector.js';
import { inTrainingMode, trainingStream } from '../../src/training-mode.js';

export { inTrainingMode };

/** Means and standard deviations of {@link gaussianRows}. */
export const MEAN = [1.5, -0.5];
export const SCALE = [0.5, 2];

/** Rows of two independent normal columns. */
export function gaussianRows(n: number, seed = 'rows'): Float32Array {
  return new RandomStream(seed).normal(2 * n).map((z, i) => MEAN[i % 2] + SCALE[i % 2] * z);
}

/** Affine - permute - affine, on two columns: 8 trainable numbers. */
export function smallFlow(...extra: Bijector[]): Flow {
  const bijectors = [
    new Affine({ eventShape: [2] }),
    new Permute({ permutation: [1, 0] }),
    new Affine({ shift: [0.1, -0.2], scale: [1.1, 0.9] }),
    ...extra,
  ];
  return new Flow({ base: Normal.standard([2]), bijector: new Chain({ bijectors }) });
}

/** One shift and one scale a column, fitted in closed form by the means and standard deviations of the data. */
export function affineFlow(): Flow {
  return new Flow({ base: Normal.standard([2]), bijector: new Affine({ eventShape: [2] }) });
}

/** All weights of a model, one after the other. */
export function weightsOf(model: Module): number[] {
  return model.parameters.flatMap(({ variable }) => [...variable.dataSync()]);
}

/** `y = x + context`, for contexts as wide as events. */
export class ContextShift extends Bijector {
  static override readonly className = 'ContextShift';
  override readonly eventShapeIn = [2];
  override readonly eventShapeOut = [2];
  override readonly contextShape = [2];

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    return [tf.add(x, context!), tf.scalar(0)];
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    return [tf.sub(y, context!), tf.scalar(0)];
  }

  override getConfig(): Config {
    return {};
  }
}

/** Identity whose log-determinant is not a number for rows that `spoil` names by their first coordinate. */
export class Brittle extends Bijector {
  static override readonly className = 'Brittle';
  override readonly eventShapeIn = [2];
  override readonly eventShapeOut = [2];
  readonly #spoil: (first: number) => boolean;

  constructor({ spoil }: { spoil: (first: number) => boolean }) {
    super();
    this.#spoil = spoil;
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return [tf.clone(x), tf.scalar(0)];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    const values = y.dataSync();
    const marks = Array.from({ length: y.shape[0] }, (_, row) => (this.#spoil(values[2 * row]) ? NaN : 0));
    return [tf.clone(y), tf.tensor1d(marks)];
  }

  override getConfig(): Config {
    return {};
  }
}

/** Identity that adds noise while training and counts its training passes in a variable that is not trained. */
export class Noisy extends Bijector {
  static override readonly className = 'Noisy';
  override readonly eventShapeIn = [2];
  override readonly eventShapeOut = [2];
  readonly #passes = this.weight('passes', [1], [0], { trainable: false });

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return [tf.clone(x), tf.scalar(0)];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    const stream = trainingStream();
    if (!stream) return [tf.clone(y), tf.scalar(0)];
    this.#passes.assign(tf.add(this.#passes, 1));
    return [tf.add(y, tf.mul(stream.normalTensor(y.shape), 0.1)), tf.scalar(0)];
  }

  override getConfig(): Config {
    return {};
  }
}
