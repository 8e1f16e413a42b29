import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import {
  ContinuousBijector,
  Flow,
  MLPField,
  Normal,
  VectorField,
  type ContinuousBijectorOptions,
} from '../../src/index.js';

/** `f = A z`, written from operations that the default products differentiate. */
export class LinearField extends VectorField {
  static override readonly className = 'LinearField';
  override readonly eventShape: number[];
  readonly matrix: tf.Variable;

  constructor(rows: readonly (readonly number[])[]) {
    super();
    this.eventShape = [rows.length];
    this.matrix = this.weight('matrix', [rows.length, rows.length], rows.flat());
  }

  getConfig() {
    return {};
  }

  protected velocity(_: Tensor, z: Tensor): Tensor {
    return tf.matMul(z, this.matrix, false, true);
  }
}

/** A flow along a field that bends. */
export function smallFlow(options: Partial<ContinuousBijectorOptions> = {}, seed = 3): Flow {
  const field = new MLPField({ dims: 2, hidden: [24, 24], seed });
  for (const variable of field.trainableVariables) variable.assign(tf.tidy(() => tf.mul(variable, 1.8)));
  return new Flow({ base: Normal.standard([2]), bijector: new ContinuousBijector({ field, ...options }) });
}
